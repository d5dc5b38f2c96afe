"""States of their own for tests of the launcher: none of them touches the suite's servers."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from compliance.devup.services import Services
from compliance.devup.state import State, ensure_keys
from tests.compliance.devup.witness import describe, holds_within, processes_of

SERVERS = {"DATABASE_URL", "BROKER_URL", "STATE_DIR", "PUBLIC_URL"}


@pytest.fixture
def environment() -> dict[str, str]:
    """This process' environment without the servers of the suite."""
    return {name: value for name, value in os.environ.items() if name not in SERVERS}


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder with a short name; nothing that names it may live when the test ends."""
    with tempfile.TemporaryDirectory(prefix="sg-") as name:
        yield Path(name)
        left = holds_within(30, lambda: not processes_of(Path(name)))
        assert left, describe(processes_of(Path(name)))


@pytest.fixture
def state(folder: Path) -> State:
    made = State(folder / "state")
    made.make()
    ensure_keys(made, {})
    return made


@pytest.fixture
def services(state: State) -> Iterator[Services]:
    """Running servers of an empty state."""
    running = Services(state, {}, fast=True)
    running.start()
    yield running
    running.stop()
