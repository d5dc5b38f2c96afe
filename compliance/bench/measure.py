"""What work costs: CPU and memory of whole process trees (Linux `/proc`), WAL, the machine."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

PROC = Path("/proc")
TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Process:
    """One line of `/proc/<pid>/stat`. `cpu`: seconds, with those of children that ended."""

    pid: int
    parent: int
    cpu: float


def processes() -> dict[int, Process]:
    """Every process there is."""
    found = {}
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            with suppress(OSError):
                process = _parsed((folder / "stat").read_text())
                found[process.pid] = process
    return found


def _parsed(stat: str) -> Process:
    """The name stands in brackets and may hold anything, so fields count from the last one."""
    fields = stat[stat.rindex(")") + 2 :].split()
    cpu = sum(map(int, fields[11:15])) / TICKS
    return Process(int(stat.split(" ", 1)[0]), int(fields[1]), cpu)


def trees(roots: Iterable[int]) -> list[Process]:
    """These processes and all that descend from them."""
    every = processes()
    wanted = set(roots) & every.keys()
    while more := {p.pid for p in every.values() if p.parent in wanted} - wanted:
        wanted |= more
    return [every[pid] for pid in wanted]


def cpu_of(roots: Iterable[int]) -> float:
    """CPU seconds that these trees have used, with children that ended and were waited for."""
    return sum(process.cpu for process in trees(roots))


def children(root: int) -> list[int]:
    """The processes that this one started and that live."""
    return [process.pid for process in processes().values() if process.parent == root]


def memory_of(pid: int) -> dict[str, float]:
    """Megabytes: `Rss` counts shared pages in full, `Pss` shares them out."""
    found = {}
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]:
        name, value = line.split()[:2]
        if name in ("Rss:", "Pss:"):
            found[name[:-1]] = int(value) * 1024 / 1e6
    return found


def postmaster() -> int:
    """The process that every backend of the database is a child of."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        backend: int = cursor.fetchone()[0]
    return processes()[backend].parent


def wal_position() -> int:
    """Bytes of WAL ever written, full page images included."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT (pg_current_wal_insert_lsn() - '0/0')::bigint")
        return int(cursor.fetchone()[0])


class Neighbours:
    """How much of the machine others used meanwhile: a benchmark on a busy machine says so."""

    def __init__(self, root: int) -> None:
        self.root = root
        self.load = os.getloadavg()[0]
        self.before = self._look()

    def _look(self) -> tuple[float, float]:
        """All CPU seconds of the machine that were not idle, and those that were ours."""
        fields = [int(n) / TICKS for n in (PROC / "stat").read_text().split("\n", 1)[0].split()[1:]]
        idle = fields[3] + fields[4]
        return sum(fields[:8]) - idle, cpu_of([self.root])

    def used(self, seconds: float) -> float:
        """The share of all CPUs that others used in these seconds, 0 to 1."""
        busy, ours = self._look()
        others = (busy - self.before[0]) - (ours - self.before[1])
        return max(0.0, others / (seconds * (os.cpu_count() or 1)))


def machine() -> dict[str, Any]:
    """On what this runs."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        server = cursor.fetchone()[0]
        cursor.execute("SHOW fsync")
        fsync = cursor.fetchone()[0]
    return {
        "CPUs": os.cpu_count(),
        "CPU": next(_models(), platform.machine()),
        "Python": platform.python_version(),
        "PostgreSQL": server,
        "fsync": fsync,
    }


def _models() -> Iterator[str]:
    with suppress(OSError):
        for line in (PROC / "cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                yield line.partition(": ")[2]
