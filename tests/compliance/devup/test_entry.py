"""`manage.py` itself: which commands get servers, and how they end."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from compliance.devup.bootstrap import ROOT
from compliance.devup.entry import pretend_servers
from tests.compliance.devup.witness import holds_within, processes_of


def manage(
    folder: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment | {"STATE_DIR": str(folder / "state")},
        cwd=folder,
        timeout=120,
    )


@pytest.mark.parametrize("arguments", [["version"], ["help"], ["migrate", "--help"]])
def test_what_needs_no_servers_makes_no_state(
    folder: Path, environment: dict[str, str], arguments: list[str]
) -> None:
    done = manage(folder, environment, *arguments)
    assert done.returncode == 0, done.stderr
    assert done.stdout
    assert not (folder / "state").exists()


def test_help_lists_up_and_test(folder: Path, environment: dict[str, str]) -> None:
    listed = manage(folder, environment, "help", "--commands").stdout.split()
    assert {"up", "test", "migrate"} <= set(listed)


def test_a_command_gets_servers_for_its_own_duration(
    folder: Path, environment: dict[str, str]
) -> None:
    question = "from django.db import connection as c; c.ensure_connection(); print(c.vendor)"
    done = manage(folder, environment, "shell", "-v", "0", "-c", question)
    assert (done.returncode, done.stdout) == (0, "postgresql\n"), done.stderr
    assert holds_within(30, lambda: not processes_of(folder))


def test_a_failed_command_ends_with_an_honest_code(
    folder: Path, environment: dict[str, str]
) -> None:
    assert manage(folder, environment, "no_such_command").returncode != 0


def test_two_servers_of_ones_own_are_taken_as_they_are(
    folder: Path, environment: dict[str, str]
) -> None:
    own = {"DATABASE_URL": "postgresql://localhost:1/none", "BROKER_URL": "redis://localhost:1"}
    own["SECRET_KEY"] = "x" * 50
    done = manage(folder, environment | own, "shell", "-v", "0", "-c", "print('ran')")
    assert done.stdout == "ran\n", done.stderr
    assert not (folder / "state").exists()


def test_a_secret_that_is_there_is_not_replaced_by_a_pretended_one() -> None:
    environment = {"SECRET_KEY_FILE": "somewhere"}
    pretend_servers(environment)
    assert "SECRET_KEY" not in environment


def test_an_old_python_is_told_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    with pytest.raises(SystemExit, match=r"Python 3\.11 or newer"):
        runpy.run_path(str(ROOT / "manage.py"))
