"""Everything that `up` runs, on the stores of the environment."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from compliance.bench import measure
from compliance.devup import child
from compliance.devup.listener import healthy, reserve
from compliance.devup.programs import programs, stop_all
from compliance.devup.state import State


@dataclass(frozen=True, slots=True)
class Served:
    """Where it is served, and by which processes: web, worker and beat."""

    port: int
    web: int
    roots: list[int]

    def workers(self) -> list[int]:
        """The processes that answer requests."""
        return measure.children(self.web)


@contextmanager
def served() -> Iterator[Served]:
    """Web server, worker and beat as `up` starts them."""
    state = State(settings.STATE_DIR)
    listener = reserve(0)
    port = listener.getsockname()[1]
    environment = {**os.environ, "PUBLIC_URL": f"http://localhost:{port}"}
    running = programs(state, listener.fileno())
    try:
        for program in running:
            program.start(environment)
        pids = [program.process.pid for program in running if program.process]
        web = running[0]
        assert web.process is not None
        child.until_ready(
            web.process,
            lambda: healthy(port, environment["PUBLIC_URL"]),
            name="The web server",
            log=web.log,
            pause=time.sleep,
            patience=60,
            every=0.1,
        )
        yield Served(port, pids[0], pids)
    finally:
        stop_all(running, patience=10, hurry=lambda: False)
        listener.close()
