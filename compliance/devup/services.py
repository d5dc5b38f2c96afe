"""The embedded servers of one state, and the environment that leads to them.

A server named by `DATABASE_URL` or `BROKER_URL` is somebody's own and is not started.
"""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import unquote, urlsplit

from compliance.devup.backoff import Backoff, ending
from compliance.devup.console import Refused, say
from compliance.devup.postgres import Postgres
from compliance.devup.state import State, read_json, write_json
from compliance.devup.valkey import Valkey, answers

Server = Postgres | Valkey


class Services:
    """Starts and stops what the environment does not already name. Main thread only."""

    def __init__(
        self,
        state: State,
        environment: Mapping[str, str],
        *,
        pause: Callable[[float], None] = time.sleep,
        fast: bool = False,
    ) -> None:
        self.state = state
        self.servers: dict[str, Server] = {}
        if not environment.get("DATABASE_URL"):
            self.servers["DATABASE_URL"] = Postgres(state, pause=pause, fast=fast)
        if not environment.get("BROKER_URL"):
            self.servers["BROKER_URL"] = Valkey(state, pause=pause)
        self.backoffs = {server.name: Backoff() for server in self.servers.values()}

    def start(self) -> dict[str, str]:
        """Starts all and says under which names they are found; on a failure none is left."""
        try:
            for server in self.servers.values():
                self._start(server)
        except BaseException:
            self.stop()
            raise
        self.publish()
        return self.urls()

    def _start(self, server: Server) -> None:
        self.backoffs[server.name].begin(time.monotonic())
        try:
            server.start()
        except (OSError, subprocess.SubprocessError) as error:
            # Among others: root without the right to become somebody else.
            name = "DATABASE_URL" if isinstance(server, Postgres) else "BROKER_URL"
            raise Refused(
                f"{server.name} cannot be started here ({error}). "
                f"Set {name} to use a server of your own."
            ) from error

    def urls(self) -> dict[str, str]:
        return {name: server.url() for name, server in self.servers.items()}

    def publish(self) -> None:
        """Writes down where the servers are, for other commands on this state."""
        write_json(self.state.services, {"pid": os.getpid(), **self.urls()})

    def dead(self) -> list[Server]:
        return [server for server in self.servers.values() if server.ended() is not None]

    def look_after(self) -> None:
        """Starts again what ended; a start that fails is tried again after a growing pause."""
        for server in self.dead():
            if not self.backoffs[server.name].due(time.monotonic()):
                continue
            say(f"{server.name} ended ({ending(server.ended())}): it is started again.")
            try:
                self._start(server)
            except Refused as refusal:
                say(str(refusal))

    def stop(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        """The last started ends first."""
        self.state.services.unlink(missing_ok=True)
        for server in reversed(self.servers.values()):
            server.stop(hurry=hurry)


def reachable(state: State, environment: Mapping[str, str]) -> dict[str, str] | None:
    """The running servers that the environment lacks, or None if one of them does not answer."""
    known = read_json(state.services)
    found = {}
    checks = {"DATABASE_URL": _database_answers, "BROKER_URL": _broker_answers}
    for name, check in checks.items():
        if environment.get(name):
            continue
        if name not in known or not check(known[name]):
            return None
        found[name] = known[name]
    return found


def _database_answers(url: str) -> bool:
    import psycopg

    try:
        psycopg.connect(url, connect_timeout=10).close()
    except psycopg.OperationalError:
        return False
    return True


def _broker_answers(url: str) -> bool:
    return answers(Path(unquote(urlsplit(url).path)))
