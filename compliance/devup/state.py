"""The state directory: its folders, its keys, and the locks that say who works in it."""

from __future__ import annotations

import base64
import contextlib
import fcntl
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from compliance.devup.bootstrap import ROOT
from compliance.devup.console import Refused

LARGEST_LOG = 10_000_000


class State:
    """Names of everything under one state directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = Path(os.path.abspath(folder.expanduser()))
        self.logs = self.folder / "logs"
        self.keys = self.folder / "keys"
        self.locks = self.folder / "locks"
        self.root_key = self.keys / "root.key"
        self.secret_key = self.keys / "secret.key"
        self.demo = self.folder / "demo"
        self.initialised = self.folder / "initialised"
        self.services = self.folder / "services.json"
        self.up = self.folder / "up.json"

    def make(self) -> None:
        """Makes the folders, closed to everybody else; folders above keep their permissions."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            for name in ("logs", "keys", "locks", "vault", "ledger", "reports"):
                (self.folder / name).mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise Refused(f"{self.folder} cannot be used as state: {error.strerror}.") from None
        if not os.access(self.keys, os.R_OK | os.W_OK | os.X_OK):
            raise Refused(f"{self.folder} belongs to another user: choose another --state.")

    def log(self, name: str) -> Path:
        return self.logs / f"{name}.log"

    def shorten_logs(self) -> None:
        """What is longer than 10 MB is kept once as `.1`. Writers append, so they go on at 0."""
        for log in self.logs.glob("*.log"):
            with contextlib.suppress(OSError):
                if log.stat().st_size > LARGEST_LOG:
                    shutil.copyfile(log, log.with_suffix(".log.1"))
                    os.truncate(log, 0)

    def holds_data(self) -> bool:
        places = (self.folder / "postgres" / "data", self.folder / "vault" / "vault.sqlite3")
        return self.initialised.exists() or any(place.exists() for place in places)


def default_folder() -> Path:
    return Path(os.environ.get("STATE_DIR") or ROOT / "var")


def ensure_keys(state: State, environment: Mapping[str, str]) -> None:
    """Makes the keys of a new state. A state that lost its root key is refused, not re-keyed."""
    root_key = Path(environment.get("ROOT_KEY_FILE") or state.root_key)
    if not root_key.exists():
        if state.holds_data():
            raise Refused(
                f"{root_key} is missing, but {state.folder} holds data that only it can open. "
                "Put the key back from your copy. A new key would make every record unreadable "
                "for ever, so none was made; to start from nothing, choose another --state."
            )
        if root_key != state.root_key:
            raise Refused(f"ROOT_KEY_FILE names {root_key}, which does not exist.")
        _write_secret(root_key, base64.urlsafe_b64encode(os.urandom(32)).decode())
    named = environment.get("SECRET_KEY") or environment.get("SECRET_KEY_FILE")
    if not named and not state.secret_key.exists():
        _write_secret(state.secret_key, secrets.token_urlsafe(50))


def _write_secret(file: Path, text: str) -> None:
    """All or nothing, on disk before it is used: half a key would be a lost key."""
    fresh = file.with_suffix(".new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(text + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    fresh.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def write_json(file: Path, facts: Mapping[str, object]) -> None:
    fresh = file.with_suffix(".new")
    fresh.write_text(json.dumps(facts) + "\n")
    fresh.replace(file)


def read_json(file: Path) -> dict[str, str]:
    """What the file says as texts; nothing when it is absent or broken."""
    try:
        found = json.loads(file.read_text())
        return {str(key): str(value) for key, value in found.items()}
    except (OSError, ValueError, AttributeError):
        return {}


class Lock:
    """An flock on a file: it goes with the process, also after kill -9."""

    def __init__(self, file: Path) -> None:
        self.file = file
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.handle = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)

    def take(self, *, shared: bool = False, wait: bool = False) -> bool:
        kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        try:
            fcntl.flock(self.handle, kind if wait else kind | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def release(self) -> None:
        fcntl.flock(self.handle, fcntl.LOCK_UN)

    def close(self) -> None:
        os.close(self.handle)

    def write(self, text: str) -> None:
        os.ftruncate(self.handle, 0)
        os.pwrite(self.handle, text.encode(), 0)

    def read(self) -> str:
        return os.pread(self.handle, 200, 0).decode(errors="replace").strip()


@contextlib.contextmanager
def held(lock: Lock) -> Iterator[None]:
    """Holds the lock alone, however long it takes to get it."""
    lock.take(wait=True)
    try:
        yield
    finally:
        lock.release()
