"""Pauses between restarts: 1, 2, 4 … 30 seconds, forgotten after a minute of good life."""

from __future__ import annotations

import signal

LONGEST = 30.0
# Who lived this many seconds is not in a loop of failures.
SETTLED = 60.0


class Backoff:
    """Times are seconds of a monotonic clock."""

    def __init__(self) -> None:
        self.pause = 0.0
        self.started = 0.0

    def due(self, now: float) -> bool:
        return now >= self.started + self.pause

    def begin(self, now: float) -> None:
        """A start, also one that fails: the next one has to wait longer."""
        settled = now - self.started > SETTLED
        self.pause = 1.0 if settled or not self.pause else min(self.pause * 2, LONGEST)
        self.started = now


def ending(code: int | None) -> str:
    """How a process ended, in words."""
    if code is None:
        return "runs"
    return f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
