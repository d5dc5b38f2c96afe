"""`manage.py up` as somebody at a terminal meets it: started, refused, interrupted, killed."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from compliance.devup import child
from compliance.devup.bootstrap import ROOT
from compliance.devup.services import reachable
from compliance.devup.state import Lock, State, read_json
from tests.compliance.devup.witness import describe, holds_within, processes_of

# Usually a second; a disk that is busy with other things makes a shutdown slow.
PATIENCE = 30


class Terminal:
    """One `up` and what it printed."""

    def __init__(self, folder: Path, environment: dict[str, str], *arguments: str) -> None:
        self.screen = folder.parent / "screen"
        self.screen.write_text("")
        self.process = child.spawn(
            [
                sys.executable,
                ROOT / "manage.py",
                "up",
                "--state",
                folder,
                "--port",
                "0",
                *arguments,
            ],
            parent_died=signal.SIGTERM,
            log=self.screen,
            env=environment,
            cwd=ROOT,
        )

    def said(self) -> str:
        return self.screen.read_text()

    def says(self, text: str, within: float = 90) -> bool:
        return holds_within(within, lambda: text in self.said() or self.process.poll() is not None)

    def url(self) -> str:
        assert self.says("Ctrl-C stops it"), self.said()
        found = re.search(r"http://localhost:\d+", self.said())
        assert found, self.said()
        return found[0]

    def end(self, by: signal.Signals) -> int:
        child.stop(self.process, by=by, patience=30)
        assert self.process.returncode is not None
        return self.process.returncode


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Every terminal in it is closed when the test ends."""
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.end(signal.SIGTERM)


def up(
    folder: Path, environment: dict[str, str], *arguments: str
) -> subprocess.CompletedProcess[str]:
    """A run that is expected to be refused."""
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", "up", "--state", str(folder), *arguments],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
        timeout=60,
    )


def status(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as response:
        return int(response.status)


def child_of(terminal: Terminal, word: str) -> int:
    """The process that `up` itself started with this word in its command line."""
    parent = f"PPid:\t{terminal.process.pid}\n"
    for pid in processes_of(terminal.screen.parent):
        status_of = Path(f"/proc/{pid}/status")
        if status_of.exists() and parent in status_of.read_text() and word in describe({pid})[0]:
            return pid
    raise AssertionError(f"{word} does not run")


def test_a_whole_life(folder: Path, environment: dict[str, str], terminals: list[Terminal]) -> None:
    state = State(folder / "state")
    terminals.append(Terminal(state.folder, environment))
    url = terminals[0].url()
    assert status(f"{url}/healthz") == 200
    assert read_json(state.up) == {"pid": str(terminals[0].process.pid), "url": url}
    assert "password: " in terminals[0].said()

    second = up(state.folder, environment, "--port", "0")
    assert second.returncode == 1
    assert f"(pid {terminals[0].process.pid})" in second.stderr

    found = reachable(state, {})
    assert found is not None
    with psycopg.connect(found["DATABASE_URL"]) as db:
        assert db.execute("SELECT count(*) FROM django_migrations").fetchone() != (0,)

    assert terminals[0].end(signal.SIGTERM) == 0
    assert not processes_of(folder), describe(processes_of(folder))
    assert not state.up.exists()

    terminals.append(Terminal(state.folder, environment))
    terminals[1].url()
    assert "password" not in terminals[1].said()
    terminals[1].end(signal.SIGKILL)
    assert holds_within(PATIENCE, lambda: not processes_of(folder)), describe(processes_of(folder))


def test_what_is_killed_is_started_again(
    folder: Path, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminals.append(Terminal(folder / "state", environment))
    url = terminals[0].url()
    for word, name in (
        ("worker", "worker"),
        ("-m gunicorn", "web"),
        ("bin/postgres", "PostgreSQL"),
    ):
        os.kill(child_of(terminals[0], word), signal.SIGKILL)
        assert terminals[0].says(f"{name} ended (signal SIGKILL)", within=PATIENCE)
    assert holds_within(PATIENCE, lambda: healthy_again(url)), terminals[0].said()
    assert terminals[0].end(signal.SIGINT) == 0


def healthy_again(url: str) -> bool:
    try:
        return status(f"{url}/healthz") == 200
    except OSError:
        return False


def test_it_can_be_ended_while_it_starts(
    folder: Path, environment: dict[str, str], terminals: list[Terminal]
) -> None:
    terminals.append(Terminal(folder / "state", environment))
    assert terminals[0].says("Valkey ready", within=30)
    assert terminals[0].end(signal.SIGTERM) == 0
    assert holds_within(PATIENCE, lambda: not processes_of(folder)), describe(processes_of(folder))


def test_a_second_up_on_one_state_is_refused(folder: Path, environment: dict[str, str]) -> None:
    first = Lock(folder / "lock")
    first.take()
    first.write("4711")
    refused = up(folder, environment)
    assert refused.returncode == 1
    assert "already runs" in refused.stderr
    assert "(pid 4711)" in refused.stderr
    first.close()


def test_a_busy_port_is_refused_before_anything_starts(
    folder: Path, environment: dict[str, str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as busy:
        port = str(busy.getsockname()[1])
        refused = up(folder / "state", environment, "--port", port)
    assert refused.returncode == 1
    assert f"Port {port} is in use" in refused.stderr
    assert not (folder / "state" / "postgres").exists()


@pytest.mark.parametrize("port", ["-1", "70000"])
def test_what_is_no_port_is_refused(folder: Path, environment: dict[str, str], port: str) -> None:
    refused = up(folder / "state", environment, f"--port={port}")
    assert refused.returncode == 1
    assert "is not a port" in refused.stderr


def test_a_missing_root_key_is_refused(state: State, environment: dict[str, str]) -> None:
    state.initialised.touch()
    state.root_key.unlink()
    refused = up(state.folder, environment, "--port", "0")
    assert refused.returncode == 1
    assert "root.key is missing" in refused.stderr
    assert not state.root_key.exists()


def test_a_state_that_was_started_without_demo_gets_no_demonstration_clock(
    state: State, environment: dict[str, str]
) -> None:
    state.initialised.touch()
    refused = up(state.folder, environment, "--demo", "--port", "0")
    assert refused.returncode == 1
    assert "without --demo" in refused.stderr
    assert not state.demo.exists()


def test_a_failure_while_preparing_is_shown_and_leaves_no_process(
    folder: Path, environment: dict[str, str]
) -> None:
    refused = up(folder / "state", environment | {"DEBUG": "perhaps"}, "--port", "0")
    assert refused.returncode == 1
    assert "write true or false" in refused.stderr
    assert not processes_of(folder)


def test_the_demonstration_names_its_accounts(state: State) -> None:
    from compliance.devup.up import Up

    state.demo.touch()
    accounts = {"officer": {"email": "officer@example.org", "password": "secret"}}
    (state.folder / "demo.json").write_text(json.dumps({"accounts": accounts}))
    lines: list[str] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("compliance.devup.up.say", lines.append)
        Up(state, port=0, demo=True)._introduce()
    assert "officer@example.org" in "\n".join(lines)
    assert "secret" not in "\n".join(lines)
