"""Cell keys in the memory of one process, for at most a minute.

A destroyed key must not be used for longer than that anywhere. So the minute is counted from before
the key was read, is never prolonged by use, and is measured twice: on the host's monotonic clock,
which nobody sets, and on the clock that the rules follow, which a demonstration may move by months.
Keys past their minute leave memory at the next use of the cache, not at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import NamedTuple
from uuid import UUID


class Key(NamedTuple):
    """One key of the vault: a cell and a generation of its key."""

    cell: UUID
    generation: int


class Mark(NamedTuple):
    """Where the cache stood before the vault was read."""

    drops: int
    read_at: float


class _Entry(NamedTuple):
    plain: bytes
    read_at: float
    now: datetime


class KeyCache:
    """Bounded, thread-safe, forgetful. The oldest entry goes first."""

    def __init__(
        self, *, seconds: float, size: int, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._seconds = seconds
        self._size = size
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._entries: dict[Key, _Entry] = {}
        self._drops = 0
        # Keys that were found here, and that were not: since the process began.
        self.hits = self.misses = 0

    def look(self, wanted: Collection[Key], *, now: datetime) -> dict[Key, bytes]:
        """Those of the wanted keys that may still be used."""
        with self._lock:
            since = self._monotonic() - self._seconds
            self._forget_before(since)
            found = {
                key: entry.plain
                for key in wanted
                if (entry := self._entries.get(key))
                and entry.read_at > since
                and abs(now - entry.now) < timedelta(seconds=self._seconds)
            }
            self.hits += len(found)
            self.misses += len(wanted) - len(found)
            return found

    def mark(self) -> Mark:
        """To be taken before the vault is read."""
        with self._lock:
            return Mark(self._drops, self._monotonic())

    def keep(self, found: Mapping[Key, bytes], *, mark: Mark, now: datetime) -> None:
        """Keeps what was read since `mark`, unless a key was dropped meanwhile: then nothing."""
        with self._lock:
            if self._drops != mark.drops:
                return
            for key, plain in found.items():
                self._entries.pop(key, None)
                self._entries[key] = _Entry(plain, mark.read_at, now)
            while len(self._entries) > self._size:
                del self._entries[next(iter(self._entries))]

    def drop(self, cells: Collection[UUID]) -> None:
        """Forgets every key of these cells."""
        with self._lock:
            self._drops += 1
            for key in [key for key in self._entries if key.cell in cells]:
                del self._entries[key]

    def clear(self) -> None:
        """Forgets everything."""
        with self._lock:
            self._drops += 1
            self._entries.clear()

    def __len__(self) -> int:
        return len(self._entries)

    def _forget_before(self, since: float) -> None:
        # They lie in the order in which they were kept, which is nearly that of their reading.
        old = takewhile(lambda item: item[1].read_at <= since, self._entries.items())
        for key in [key for key, _ in old]:
            del self._entries[key]
