"""`manage.py bench`: stores of its own, and nothing left of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from compliance.devup.bootstrap import ROOT


def test_it_runs_on_stores_of_its_own_and_leaves_nothing(tmp_path: Path) -> None:
    state = tmp_path / "state"
    done = subprocess.run(
        [sys.executable, "manage.py", "bench", "reading", "--json", "--scale", "0.005"],
        # An address that leads nowhere: whoever used it would fail.
        env={**os.environ, "STATE_DIR": str(state), "DATABASE_URL": "postgres://nobody@/none"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["bench"] == "reading"
    assert report["machine"]["fsync"] == "on"
    assert not state.exists()


def test_what_was_there_before_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bench-killed").mkdir()
    (tmp_path / "bench-killed" / "alive").touch()
    (tmp_path / "bench-notes").mkdir()
    (tmp_path / "keys").mkdir()
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    from compliance.bench.stores import _folder

    with _folder() as folder:
        assert folder.parent == tmp_path
        # Whoever holds the lock of a folder is still at work in it.
        with _folder() as other:
            assert folder.exists()
            assert other != folder
    assert {path.name for path in tmp_path.iterdir()} == {"bench-notes", "keys"}


@pytest.mark.parametrize("scale", ["0", "-1", "11", "nan"])
def test_a_scale_that_makes_no_sense_is_refused(scale: str) -> None:
    with pytest.raises(CommandError, match="--scale must be"):
        call_command("bench", "reading", "--scale", scale, stdout=StringIO())


def test_an_unknown_name_is_refused_and_the_known_ones_are_named() -> None:
    with pytest.raises(CommandError, match=r"ingest.*purge.*cells.*reading.*pages.*all"):
        call_command("bench", "nonsense", stdout=StringIO())
