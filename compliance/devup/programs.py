"""The processes that `up` watches over: started, restarted with growing pauses, ended in order."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from compliance.devup import child
from compliance.devup.backoff import Backoff, ending
from compliance.devup.bootstrap import ROOT
from compliance.devup.console import say
from compliance.devup.state import State


class Program:
    """A child with a log of its own. `died` is what it gets when we die."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        state: State,
        died: signal.Signals,
        keep: Sequence[int] = (),
    ) -> None:
        self.name, self.command, self.died, self.keep = name, command, died, keep
        self.log = state.log(name)
        self.process: subprocess.Popen[bytes] | None = None
        self.backoff = Backoff()

    def start(self, environment: Mapping[str, str]) -> None:
        self.backoff.begin(time.monotonic())
        self.process = child.spawn(
            self.command,
            parent_died=self.died,
            log=self.log,
            env=environment,
            cwd=ROOT,
            keep=self.keep,
        )

    def ended(self) -> int | None:
        return self.process.poll() if self.process else None

    def look_after(self, environment: Mapping[str, str]) -> None:
        """Starts the program again if it ended, after a pause that grows with each failure."""
        code = self.ended()
        if code is not None and self.backoff.due(time.monotonic()):
            say(f"{self.name} ended ({ending(code)}): it is started again. See {self.log}.")
            self.start(environment)


def programs(state: State, listener: int) -> list[Program]:
    """Web, worker and beat, in the order of their start."""
    celery = [sys.executable, "-m", "celery", "--quiet", "-A", "compliance.project"]
    plain = ["--without-gossip", "--without-mingle"]
    return [
        Program(
            "web",
            [
                *(sys.executable, "-m", "gunicorn", "-c", ROOT / "compliance/devup/web.py"),
                *("--bind", f"fd://{listener}"),
            ],
            state=state,
            # gunicorn's quick way out: it takes its workers with it.
            died=signal.SIGQUIT,
            keep=[listener],
        ),
        Program(
            "worker",
            [*celery, "worker", "--pool", "threads", "--concurrency", "2", *plain],
            state=state,
            # Every job may be killed at any step, so nothing is waited for.
            died=signal.SIGKILL,
        ),
        Program(
            "beat",
            [*celery, "beat", "-s", state.folder / "celerybeat-schedule"],
            state=state,
            died=signal.SIGKILL,
        ),
    ]


def stop_all(running: Sequence[Program], *, patience: float, hurry: Callable[[], bool]) -> None:
    """Asks all of them at once, last started first; kills who is not done after `patience` s."""
    processes = [program.process for program in reversed(running) if program.process]
    for process in processes:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
    until = time.monotonic() + patience
    for process in processes:
        child.wait(process, patience=max(0.0, until - time.monotonic()), hurry=hurry)
