"""`manage.py test`: the suite against servers and a state of its own, which go with it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import MutableMapping
from contextlib import suppress
from pathlib import Path
from types import FrameType

from compliance.devup import child
from compliance.devup.bootstrap import ROOT
from compliance.devup.services import Services
from compliance.devup.state import Lock, State, ensure_keys

PREFIX = "sandglass-test-"
MEMORY, PLENTY = Path("/dev/shm"), 6 * 1024**3
# What the developer's shell says about real data must never reach a test.
FORGET = [
    *("VAULT_URL", "VAULT_COPY", "LEDGER_DIR", "REPORTS_DIR", "ROOT_KEY_FILE", "STATIC_ROOT"),
    *("SECRET_KEY", "SECRET_KEY_FILE", "ALLOWED_HOSTS", "EMAIL_URL", "PUBLIC_URL", "DEBUG"),
    *("EMAIL_PROVIDER", "EMAIL_PROVIDER_KEY", "EMAIL_PROVIDER_KEY_FILE", "EMAIL_RETURN_PATH"),
    *("EMAIL_EVENTS_SECRET", "EMAIL_EVENTS_SECRET_FILE"),
    *("LOG_LEVEL", "TRUSTED_PROXIES", "BREACHED_PASSWORDS_FILE"),
    "DJANGO_SETTINGS_MODULE",
]


def main(arguments: list[str]) -> int:
    """Runs pytest with the arguments as they are; its exit code is ours.

    The whole suite, which is asked for without any argument, runs in a process for each core.
    """
    pytest = [sys.executable, "-m", "pytest", *(arguments or ["-n", "auto"])]
    if {"-h", "--help", "--version"} & set(arguments):
        os.execv(sys.executable, pytest)
    _remove_leftovers()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX, dir=_place()))
    alive = Lock(folder / "alive")
    alive.take()
    try:
        # Servers and programs of other users pass through to what tests make for them.
        folder.chmod(0o711)
        (folder / "tmp").mkdir(mode=0o755)
        os.environ["TMPDIR"] = str(folder / "tmp")
        return _run(pytest, State(folder / "state"))
    finally:
        alive.close()
        shutil.rmtree(folder, ignore_errors=True)


def _run(pytest: list[str], state: State) -> int:
    environment = clean_environment(os.environ, state)
    signal.signal(signal.SIGTERM, _leave)
    services = Services(state, environment, fast=True)
    try:
        environment |= services.start()
        return _supervise(pytest, environment)
    finally:
        services.stop()


def _supervise(pytest: list[str], environment: MutableMapping[str, str]) -> int:
    """pytest as a child of our terminal: Ctrl-C reaches it directly, and it reports what it did."""
    runner = child.spawn(
        pytest, parent_died=signal.SIGTERM, env=environment, cwd=ROOT, foreground=True
    )
    signal.signal(signal.SIGINT, lambda _signal, _frame: None)
    try:
        code = runner.wait()
    finally:
        child.stop(runner, by=signal.SIGTERM, patience=5)
    return code if code >= 0 else 128 - code


def clean_environment(environment: MutableMapping[str, str], state: State) -> dict[str, str]:
    """The developer's environment without anything that leads to real data."""
    state.make()
    ensure_keys(state, {})
    clean = {name: value for name, value in environment.items() if name not in FORGET}
    return clean | {"STATE_DIR": str(state.folder)}


def _leave(_signal: int, _frame: FrameType | None) -> None:
    sys.exit(143)


def _place() -> Path:
    """In memory where there is plenty: hundreds of databases are cloned and dropped again."""
    usual = Path(tempfile.gettempdir())
    with suppress(OSError):
        if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= PLENTY:
            return MEMORY
    return usual


def _remove_leftovers() -> None:
    """Folders of runs that were killed: nobody holds their lock."""
    for folder in [*Path(tempfile.gettempdir()).glob(f"{PREFIX}*"), *MEMORY.glob(f"{PREFIX}*")]:
        try:
            with open(folder / "alive") as mark:
                fcntl.flock(mark, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue
