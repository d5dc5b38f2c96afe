"""Kill -9 of the run and of the database, in processes of their own (see `killing.py`)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.retention.expiry.boundaries import BOUNDARIES

ROOT = Path(__file__).resolve().parents[3]


def figures(folder: Path, *, victim: str, times: int) -> dict[str, object]:
    program = [sys.executable, "-m", "tests.retention.expiry.killing", "--victim", victim]
    ended = subprocess.run(
        [*program, "--times", str(times), "--folder", str(folder / "state")],
        cwd=ROOT,
        env=os.environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    found: dict[str, object] = json.loads(ended.stdout.splitlines()[-1])
    return found


def check(found: dict[str, object], times: int) -> None:
    assert found["wrong"] == []
    deaths = found["deaths"]
    assert isinstance(deaths, dict)
    assert {name: deaths[name] for name in BOUNDARIES} == dict.fromkeys(BOUNDARIES, times)


@pytest.mark.parametrize("victim", ["run", "database"])
def test_p3_kill_9_at_any_step_leaves_everything_in_agreement(tmp_path: Path, victim: str) -> None:
    check(figures(tmp_path, victim=victim, times=1), 1)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("victim", ["run", "database"])
def test_p3_kill_9_twenty_times_at_every_step_leaves_everything_in_agreement(
    tmp_path: Path, victim: str
) -> None:
    check(figures(tmp_path, victim=victim, times=20), 20)
