"""What the person at the terminal sees: plain lines, and one that moves where there is a tty."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Iterator


class Refused(Exception):
    """A command cannot go on. The text says what is wrong and what to do; the exit code is 1."""


def say(text: str) -> None:
    """A line on standard output. A closed terminal must not stop what is being supervised."""
    with contextlib.suppress(OSError, ValueError):
        print(text, flush=True)


def complain(text: str) -> None:
    """A line on standard error."""
    with contextlib.suppress(OSError, ValueError):
        print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def timed(done: str) -> Iterator[None]:
    """Says `done` and the seconds it took, unless it failed."""
    started = time.monotonic()
    yield
    say(f"  {done} in {time.monotonic() - started:.1f} s")


class Counter:
    """Counts towards a total: one moving line on a terminal, every tenth elsewhere."""

    def __init__(self, what: str, total: int) -> None:
        self.what, self.total, self.count = what, total, 0
        self.moving = sys.stdout.isatty()

    def step(self, name: str) -> None:
        self.count = min(self.count + 1, self.total)
        text = f"  {self.count} of {self.total} {self.what}"
        if self.moving:
            with contextlib.suppress(OSError):
                print(f"\r\033[K{text}: {name}", end="", flush=True)
        elif self.count % 10 == 0 or self.count == self.total:
            say(text)

    def finish(self) -> None:
        if self.moving and self.count:
            with contextlib.suppress(OSError):
                print("\r\033[K", end="", flush=True)
