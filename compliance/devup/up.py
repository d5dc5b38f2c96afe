"""`manage.py up`: everything on one machine, from an empty folder to a served address."""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from types import FrameType

from compliance.devup import child
from compliance.devup.bootstrap import ROOT
from compliance.devup.console import Refused, complain, say, timed
from compliance.devup.listener import healthy, reserve
from compliance.devup.programs import Program, programs, stop_all
from compliance.devup.services import Services
from compliance.devup.state import Lock, State, default_folder, ensure_keys, write_json

# Seconds between looks at the length of the logs.
LOGS_EVERY = 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo", action="store_true", help="with demonstration data and clock")
    parser.add_argument("--port", type=int, default=8000, help="of the web server (8000)")
    parser.add_argument("--state", type=Path, help="folder of everything that is made (var)")


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        prog="manage.py up", description="Starts Sandglass with all it needs. Ctrl-C stops it."
    )
    add_arguments(parser)
    options = parser.parse_args(arguments)
    state = State(options.state or default_folder())
    return serve(state, port=options.port, demo=options.demo)


def serve(state: State, *, port: int, demo: bool) -> int:
    """Serves until it is told to end: 0 then, 1 if something could not be started."""
    up = Up(state, port=port, demo=demo)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, up.tell)
    try:
        up.start()
        up.watch()
    except Told:
        pass
    except Refused as refusal:
        complain(f"manage.py up: {refusal}")
        return 1
    finally:
        up.stop()
    return 0


class Told(Exception):
    """Somebody asked us to end."""


class Up:
    """One run. Signals only leave a mark, which is looked at where nothing is half done."""

    def __init__(self, state: State, *, port: int, demo: bool) -> None:
        self.state, self.port, self.demo = state, port, demo
        self.told = 0
        self.services: Services | None = None
        self.programs: list[Program] = []
        self.listener: socket.socket | None = None
        self.environment = dict(os.environ)
        self.mine = False

    def tell(self, _signal: int, _frame: FrameType | None) -> None:
        self.told += 1

    def pause(self, seconds: float) -> None:
        time.sleep(seconds)
        if self.told:
            raise Told

    def in_a_hurry(self) -> bool:
        return self.told > 1

    # ---- start

    def start(self) -> None:
        """Refuses what it can before anything is made, then starts one thing after the other."""
        started = time.monotonic()
        self._reserve()
        say(f"Sandglass starts on {self.state.folder}")
        self._start_services()
        self._prepare()
        self._start_programs()
        url = self.environment["PUBLIC_URL"]
        write_json(self.state.up, {"pid": os.getpid(), "url": url})
        say(f"Ready in {time.monotonic() - started:.1f} s: {url}   (Ctrl-C stops it)")
        self._introduce()

    def _reserve(self) -> None:
        """The state, then the port; the keys must be there before there is data."""
        self.state.make()
        self.lock = Lock(self.state.folder / "lock")
        # Other commands touch the lock for a moment to see whether we run.
        until = time.monotonic() + 0.5
        while not self.lock.take():
            if time.monotonic() > until:
                raise Refused(
                    f"Another `up` already runs on {self.state.folder} (pid {self.lock.read()})."
                )
            self.pause(0.05)
        self.mine = True
        self.lock.write(str(os.getpid()))
        self.listener = reserve(self.port)
        self.port = self.listener.getsockname()[1]
        if self.demo and self.state.initialised.exists() and not self.state.demo.exists():
            raise Refused(
                f"{self.state.folder} was started without --demo and stays so: its clock must "
                "not be moved. Choose another --state for the demonstration."
            )
        ensure_keys(self.state, self.environment)
        self.environment |= {
            "STATE_DIR": str(self.state.folder),
            "PUBLIC_URL": os.environ.get("PUBLIC_URL") or f"http://localhost:{self.port}",
            "PYTHONUNBUFFERED": "1",
            # Their logs are JSON, one object a line; warnings are for those who run the tests.
            "PYTHONWARNINGS": os.environ.get("PYTHONWARNINGS") or "ignore",
        }

    def _start_services(self) -> None:
        """Takes over from one-off commands, which keep servers only for as long as they run."""
        locks = [Lock(self.state.locks / name) for name in ("door", "keeper", "users")]
        said = False
        try:
            while not all(lock.take() for lock in locks):
                for lock in locks:
                    lock.release()
                if not said:
                    say("  waiting for another command that uses this state")
                    said = True
                self.pause(0.1)
            self.services = Services(self.state, os.environ, pause=self.pause)
            self.environment |= self.services.start()
        finally:
            for lock in locks:
                lock.close()

    def _prepare(self) -> None:
        flags = ["--demo"] if self.demo else []
        with timed("Databases up to date"):
            self._step("migrate", flags)
        if not self.demo and not self.state.demo.exists():
            self.state.initialised.touch(mode=0o600)
        self._step("fill", flags)

    def _step(self, name: str, flags: list[str]) -> None:
        """Runs a step of `prepare` and passes on what it tells."""
        reader, writer = os.pipe()
        command = [sys.executable, "-m", "compliance.devup.prepare", name, *flags]
        process = child.spawn(
            command,
            parent_died=signal.SIGKILL,
            log=self.state.log("prepare"),
            output=writer,
            env=self.environment,
            cwd=ROOT,
        )
        os.close(writer)
        try:
            refused = self._follow(reader)
            while process.poll() is None:
                self.pause(0.02)
        except BaseException:
            child.stop(process, by=signal.SIGTERM, patience=3, hurry=self.in_a_hurry)
            raise
        finally:
            os.close(reader)
        if process.returncode:
            log = self.state.log("prepare")
            raise Refused(refused or f"The databases were not prepared ({log}):\n{child.tail(log)}")

    def _follow(self, reader: int) -> str:
        """Reads what a step tells until it ends; the reason if it refused."""
        refused, rest = "", b""
        while True:
            self.pause(0)
            if not select.select([reader], [], [], 0.2)[0]:
                continue
            chunk = os.read(reader, 65536)
            if not chunk:
                return refused
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                refused = _pass_on(line) or refused

    def _start_programs(self) -> None:
        assert self.listener is not None
        self.programs = programs(self.state, self.listener.fileno())
        with timed("Web server ready"):
            for program in self.programs:
                program.start(self.environment)
            web = self.programs[0]
            assert web.process is not None
            child.until_ready(
                web.process,
                lambda: healthy(self.port, self.environment["PUBLIC_URL"]),
                name="The web server",
                log=web.log,
                pause=self.pause,
                patience=60,
                every=0.1,
            )

    def _introduce(self) -> None:
        if not self.state.demo.exists():
            return
        say(f"This is a demonstration: accounts and keys are in {self.state.folder}/demo.json")
        with contextlib.suppress(OSError, ValueError, TypeError, KeyError, AttributeError):
            facts = json.loads((self.state.folder / "demo.json").read_text())
            for role, account in facts["accounts"].items():
                say(f"  {role:15} {account['email']}")

    # ---- while it runs

    def watch(self) -> None:
        """Restarts what ends, until somebody asks us to end."""
        assert self.services is not None
        look_at_logs = 0.0
        while True:
            self.pause(0.2)
            self.services.look_after()
            for program in self.programs:
                program.look_after(self.environment)
            if time.monotonic() > look_at_logs:
                self.state.shorten_logs()
                look_at_logs = time.monotonic() + LOGS_EVERY

    def stop(self) -> None:
        """Ends everything in reverse order. One more Ctrl-C ends it without waiting."""
        before = self.told
        if self.services is not None:
            say("Stopping.")
            stop_all(self.programs, patience=10, hurry=lambda: self.told > before)
            self.services.stop(hurry=lambda: self.told > before)
            say("Stopped. The data is kept for the next start.")
        if self.listener is not None:
            self.listener.close()
        if self.mine:
            self.state.up.unlink(missing_ok=True)


def _pass_on(line: bytes) -> str:
    """Shows what a step told; gives the reason of a refusal."""
    facts = json.loads(line)
    if "progress" in facts:
        say(f"  {facts['progress']}")
    if "password" in facts:
        say(
            f"  Administrator: {facts['administrator']}   password: {facts['password']}\n"
            "  It is shown this once; `manage.py changepassword` sets another."
        )
    return str(facts.get("refused", ""))
