"""What `manage.py preflight` checks is part of the suite, and it tells what failed."""

from __future__ import annotations

import pytest

from compliance.devup.preflight import CHECKS, Check, examine, run

# What is run by pytest runs here anyway.
OTHERS = [check for check in CHECKS if not check.pytest]


@pytest.mark.parametrize("check", OTHERS, ids=lambda check: check.name)
def test_the_code_passes(check: Check) -> None:
    outcome = examine(check)
    assert outcome.passed, outcome.said


def test_it_runs_all_and_names_what_failed(capsys: pytest.CaptureFixture[str]) -> None:
    bad = Check("bad", ("-c", "raise SystemExit('because of this')"))
    warns = Check("warns", ("-c", "import warnings; warnings.warn('careful')"))
    good = Check("good", ("-c", "pass"))
    assert run([bad, warns, good]) == 1
    said = capsys.readouterr().out
    assert [line[0] for line in said.splitlines() if line[0] in "✓✗"] == ["✗", "✗", "✓"]
    assert "because of this" in said
    assert said.splitlines()[-1] == "Failed: bad, warns."


def test_it_ends_well_when_nothing_failed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run([Check("good", ("-c", "pass"))]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "All passed."
