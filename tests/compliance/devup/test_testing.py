"""`manage.py test`: servers and state of its own, honest endings, nothing left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from compliance.devup import child
from compliance.devup.bootstrap import ROOT
from compliance.devup.state import State
from compliance.devup.testing import PREFIX, _remove_leftovers, clean_environment
from tests.compliance.devup.witness import holds_within, processes_of

SUITE = """
import os, pathlib, time
import psycopg

def test_database():
    with psycopg.connect(os.environ["DATABASE_URL"]) as db:
        assert db.execute("SHOW fsync").fetchone() == ("off",)
    pathlib.Path(os.environ["WITNESS"]).write_text(os.environ["STATE_DIR"])

def test_wrong():
    assert "WRONG" not in os.environ

def test_long():
    time.sleep(float(os.environ.get("LONG", "0")))
"""


def run(
    folder: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    (folder / "test_small.py").write_text(SUITE)
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", "test", "-p", "no:django", str(folder), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment | {"WITNESS": str(folder / "witness")},
        timeout=120,
    )


def test_it_runs_the_suite_on_its_own_servers_and_removes_them(
    folder: Path, environment: dict[str, str]
) -> None:
    done = run(folder, environment)
    assert done.returncode == 0, done.stdout + done.stderr
    used = Path((folder / "witness").read_text())
    assert not used.exists()
    assert not processes_of(used)


def test_a_failed_test_is_a_failed_command(folder: Path, environment: dict[str, str]) -> None:
    assert run(folder, environment | {"WRONG": "yes"}).returncode == 1
    assert run(folder, environment, "-k", "nothing").returncode == 5


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_leaves_no_process(
    folder: Path, environment: dict[str, str], how: signal.Signals
) -> None:
    (folder / "test_small.py").write_text(SUITE)
    witness = folder / "witness"
    runner = child.spawn(
        [sys.executable, ROOT / "manage.py", "test", "-p", "no:django", folder],
        parent_died=signal.SIGKILL,
        log=folder / "log",
        env=environment | {"WITNESS": str(witness), "LONG": "60"},
    )
    assert holds_within(60, lambda: witness.exists() and witness.read_text())
    used = Path(witness.read_text())
    assert processes_of(used)
    child.stop(runner, by=how, patience=20)
    assert holds_within(30, lambda: not processes_of(used))


def test_what_a_killed_run_left_is_removed_by_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    left = Path(tempfile.mkdtemp(prefix=PREFIX))
    (left / "alive").touch()
    _remove_leftovers()
    assert not left.exists()


def test_nothing_that_leads_to_real_data_reaches_the_suite(state: State) -> None:
    real = {"VAULT_URL": "/real", "LEDGER_DIR": "/real", "ROOT_KEY_FILE": "/real", "PATH": "/bin"}
    clean = clean_environment(real, state)
    assert clean == {"PATH": "/bin", "STATE_DIR": str(state.folder)}
    assert "ROOT_KEY_FILE" not in os.environ or state.root_key.exists()
