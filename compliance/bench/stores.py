"""Stores for one benchmark: made as `up` makes them, on the same disk, and removed afterwards.

The caller's `DATABASE_URL`, vault and state are never touched, whatever the environment says.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from pathlib import Path
from types import FrameType

from compliance.devup import child
from compliance.devup.bootstrap import ROOT
from compliance.devup.console import Refused
from compliance.devup.services import Services
from compliance.devup.state import Lock, State, default_folder
from compliance.devup.testing import clean_environment

PREFIX = "bench-"


@contextmanager
def own() -> Iterator[tuple[State, dict[str, str]]]:
    """A state of its own with running servers, and the environment that leads to it."""
    with _folder() as folder:
        state = State(folder / "state")
        environment = clean_environment(os.environ, state)
        for name in ("DATABASE_URL", "BROKER_URL"):
            environment.pop(name, None)
        environment["DJANGO_SETTINGS_MODULE"] = "compliance.project.settings"
        signal.signal(signal.SIGTERM, _leave)
        # As `up` runs it: what is committed is on disk.
        services = Services(state, environment)
        try:
            with redirect_stdout(sys.stderr):
                environment |= services.start()
            _migrate(state, environment)
            yield state, environment
        finally:
            services.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    """A folder beside the caller's data, since another disk would give other figures."""
    home = default_folder()
    there = home.exists()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        _remove_leftovers(home)
        folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=home))
    except OSError as error:
        raise Refused(f"{home} cannot be used for a benchmark: {error.strerror}.") from None
    alive = Lock(folder / "alive")
    alive.take()
    try:
        yield folder
    finally:
        alive.close()
        shutil.rmtree(folder, ignore_errors=True)
        if not there:
            with suppress(OSError):
                home.rmdir()


def _remove_leftovers(home: Path) -> None:
    """Folders of runs that were killed: nobody holds their lock."""
    for mark in home.glob(f"{PREFIX}*/alive"):
        with suppress(OSError), open(mark) as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(mark.parent, ignore_errors=True)


def _migrate(state: State, environment: dict[str, str]) -> None:
    step = [sys.executable, "-m", "compliance.devup.prepare", "migrate"]
    log = state.log("prepare")
    with open(log, "ab") as sink:
        done = subprocess.run(
            step, env=environment, cwd=ROOT, stdout=sink, stderr=sink, check=False
        )
    if done.returncode:
        raise Refused(f"The databases were not prepared:\n{child.tail(log)}")


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)
