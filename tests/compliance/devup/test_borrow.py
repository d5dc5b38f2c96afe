"""One-off commands share the servers of a state; the last one out turns off the light."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest

from compliance.devup import child
from compliance.devup.bootstrap import ROOT
from compliance.devup.borrow import borrowed
from compliance.devup.console import Refused
from compliance.devup.services import Services, reachable
from compliance.devup.state import Lock, State
from tests.compliance.devup.witness import holds_within, processes_of

BORROW_AND_WAIT = """
import os, sys
from pathlib import Path
from compliance.devup.borrow import borrowed
from compliance.devup.state import State
import psycopg
with borrowed(State(Path(sys.argv[1])), os.environ):
    print("borrowed", flush=True)
    sys.stdin.readline()
    psycopg.connect(os.environ["DATABASE_URL"]).close()
    print("still there", flush=True)
"""


def command(state: State, environment: dict[str, str]) -> subprocess.Popen[str]:
    """A command that has the servers and works until it gets a line."""
    process = subprocess.Popen(
        [sys.executable, "-c", BORROW_AND_WAIT, str(state.folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "borrowed\n"
    return process


def finish(process: subprocess.Popen[str]) -> None:
    said, _ = process.communicate("\n", timeout=30)
    assert said == "still there\n"
    assert process.returncode == 0


def servers_of(folder: Path) -> set[int]:
    return {
        pid
        for pid in processes_of(folder)
        if b"postgres" in Path(f"/proc/{pid}/cmdline").read_bytes()
    }


def test_servers_are_started_for_a_command_and_end_with_it(
    state: State, environment: dict[str, str]
) -> None:
    with borrowed(state, environment):
        psycopg.connect(environment["DATABASE_URL"]).close()
        assert environment["BROKER_URL"].startswith("redis+socket:///")
    assert not processes_of(state.folder)


def test_running_servers_are_used_and_left_alone(
    services: Services, environment: dict[str, str]
) -> None:
    with borrowed(services.state, environment):
        assert environment["DATABASE_URL"] == services.urls()["DATABASE_URL"]
    assert reachable(services.state, {}) == services.urls()


@pytest.mark.parametrize("first_ends_first", [True, False])
def test_the_second_command_keeps_the_servers_of_the_first(
    state: State, environment: dict[str, str], first_ends_first: bool
) -> None:
    both = [command(state, environment), command(state, environment)]
    for process in both if first_ends_first else reversed(both):
        finish(process)
    assert holds_within(30, lambda: not processes_of(state.folder))


def test_many_commands_at_once_share_one_database(
    state: State, environment: dict[str, str]
) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", BORROW_AND_WAIT, str(state.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        for _ in range(6)
    ]
    for process in processes:
        said, _ = process.communicate("\n", timeout=60)
        assert said == "borrowed\nstill there\n"
    assert holds_within(30, lambda: not processes_of(state.folder))


def test_kill_9_of_the_first_command_leaves_the_second_its_servers(
    state: State, environment: dict[str, str]
) -> None:
    first, second = command(state, environment), command(state, environment)
    first.kill()
    first.communicate()
    finish(second)
    assert holds_within(30, lambda: not processes_of(state.folder))


def test_kill_9_of_the_only_command_leaves_no_process(
    state: State, environment: dict[str, str]
) -> None:
    only = command(state, environment)
    only.kill()
    only.communicate()
    assert holds_within(30, lambda: not processes_of(state.folder))


def test_kill_9_of_the_keeper_leaves_no_process(state: State, environment: dict[str, str]) -> None:
    with borrowed(state, environment):
        keeper = [
            pid
            for pid in processes_of(state.folder)
            if b"devup.keeper" in Path(f"/proc/{pid}/cmdline").read_bytes()
        ]
        os.kill(keeper[0], signal.SIGKILL)
        assert holds_within(30, lambda: not servers_of(state.folder))


def test_a_command_says_why_the_servers_did_not_start(
    state: State, environment: dict[str, str]
) -> None:
    (state.folder / "postgres").mkdir()
    (state.folder / "postgres" / "data").touch()
    with pytest.raises(Refused, match="PostgreSQL"), borrowed(state, environment):
        pass
    assert holds_within(30, lambda: not processes_of(state.folder))


def test_a_command_waits_for_an_up_that_is_restarting_its_servers(
    state: State, environment: dict[str, str]
) -> None:
    up = Lock(state.folder / "lock")
    assert up.take()
    late = child.spawn(
        [sys.executable, "-c", BORROW_AND_WAIT, state.folder],
        parent_died=signal.SIGKILL,
        env=environment,
        cwd=ROOT,
        log=state.log("late"),
    )
    assert not holds_within(1, lambda: late.poll() is not None)
    running = Services(state, {}, fast=True)
    running.start()
    assert holds_within(30, lambda: late.poll() is not None)
    running.stop()
    up.close()
    assert "still there" in state.log("late").read_text()
