"""Eight writers beside several deletion runs (see `racing.py`): nothing lost, no deadlock."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Live

ROOT = Path(__file__).resolve().parents[3]


def figures(live: Live, seconds: float, day: float) -> dict[str, Any]:
    ended = subprocess.run(
        [
            *(sys.executable, "-m", "tests.retention.expiry.racing"),
            *("--seconds", str(seconds), "--day", str(day)),
        ],
        cwd=ROOT,
        env={**live.environment(), "LOG_LEVEL": "ERROR"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.stdout, ended.stderr[-3000:]
    found: dict[str, Any] = json.loads(ended.stdout.splitlines()[-1])
    return found


def check(found: dict[str, Any]) -> None:
    assert found["wrong"] == []
    assert found["deadlocks"] == 0
    assert found["acknowledged by writers"] == found["acknowledged"]
    assert found["acknowledged"] == found["live"] + found["delivered"] + found["purged"]
    assert found["purged"] > 0
    assert found["delivered"] > 0


def test_p3_ingest_beside_two_runs_loses_nothing_and_never_deadlocks(live: Live) -> None:
    check(figures(live, seconds=8, day=1.0))


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seconds", [600])
def test_p3_ten_minutes_of_ingest_beside_two_runs_lose_nothing(live: Live, seconds: int) -> None:
    check(figures(live, seconds=seconds, day=1.5))
