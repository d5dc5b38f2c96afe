"""Ingest over HTTP against raw COPY BINARY of the same rows, in turns.

The client is a process of its own whose CPU is not counted; it still shares the machine. Each turn
sends the same number of batches on 1, 2 and 4 connections and copies as many batches of rows that
ingest stored, as they lie sealed in the table.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from compliance.bench import copying, measure
from compliance.bench.client import EXCHANGES
from compliance.bench.report import Report
from compliance.bench.samples import RECORDS
from compliance.bench.serving import Served, served
from compliance.bench.talking import Companion, companion
from compliance.customers.keys import issue_key
from compliance.customers.onboard import create_customer
from retention import clock
from retention.actor import SYSTEM

CONNECTIONS = (1, 2, 4)
BATCHES, ROUNDS = 40, 9
LEAST_OF_COPY, MOST_CPU, MOST_MEMORY = 0.33, 220.0, 250.0


def run(*, scale: float, progress: Callable[[str], None]) -> Report:
    """Rates, CPU and memory of ingest."""
    rounds = max(1, round(ROUNDS * min(scale, 1)))
    now = clock.now()
    customer = create_customer("Acme", by=SYSTEM, now=now)
    _, token = issue_key(customer, ["ingest"], label="bench", by=SYSTEM, now=now)
    progress("ingest: starting the web server, the worker and beat")
    with served() as web, companion("compliance.bench.client", str(web.port), token) as client:
        turns = Turns(customer.pk, web, client, max(4, round(BATCHES * scale)))
        turns.warm_up()
        for number in range(rounds):
            progress(f"ingest: round {number + 1} of {rounds}")
            turns.take(number)
        memory = [measure.memory_of(pid) for pid in web.workers()]
    return _report(turns, memory, scale)


@dataclass(slots=True)
class Turns:
    """Takes turns and keeps what they took."""

    customer: UUID
    web: Served
    client: Companion
    batches: int
    received: list[datetime] = field(default_factory=list)
    rates: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    cpu: dict[int, list[float]] = field(default_factory=lambda: defaultdict(list))
    latencies: list[float] = field(default_factory=list)

    @property
    def records(self) -> int:
        """How many records a turn writes."""
        return self.batches * EXCHANGES * RECORDS

    def warm_up(self) -> None:
        """Every worker imports, connects and fetches its keys; what is stored feeds the anchor."""
        self._ingest("warm", max(CONNECTIONS))
        self.received = copying.batches(self.customer, self.batches)

    def take(self, number: int) -> None:
        """One turn of each kind, in an order that changes."""
        kinds: list[Callable[[], None]] = [
            partial(self._send, number, count) for count in CONNECTIONS
        ]
        kinds += [partial(self._copy, count) for count in CONNECTIONS]
        kinds.append(self._copy_rows)
        for offset in range(len(kinds)):
            # An odd step through seven kinds: ingest and COPY alternate.
            kinds[(number + 3 * offset) % len(kinds)]()

    def _send(self, number: int, connections: int) -> None:
        told, cpu = self._ingest(f"{number}-{connections}", connections)
        self.rates[f"ingest {connections}"].append(told["records"] / told["seconds"])
        self.cpu[connections].append(cpu / told["records"] * 1e6)
        if connections == 1:
            self.latencies += [latency * 1000 for latency in told["latencies"]]

    def _ingest(self, name: str, connections: int) -> tuple[dict[str, Any], float]:
        prefixes = [f"{name}-{batch}" for batch in range(self.batches)]
        self.client.ask(prepare=prefixes, at=clock.now().isoformat())
        roots = [*self.web.roots, measure.postmaster()]
        before = measure.cpu_of(roots)
        told = self.client.ask(go=connections)
        return told, measure.cpu_of(roots) - before

    def _copy(self, connections: int) -> None:
        blocks = copying.encoded(self.customer, self.received)
        seconds = copying.copy_encoded(blocks, connections=connections)
        self.rates[f"copy {connections}"].append(self.records / seconds)

    def _copy_rows(self) -> None:
        found = copying.rows(self.customer, self.received)
        self.rates["copy rows"].append(self.records / copying.copy_rows(found))


def _report(turns: Turns, memory: list[dict[str, float]], scale: float) -> Report:
    report = Report("ingest", scale)
    rates, best = turns.rates, max(CONNECTIONS)
    for connections in CONNECTIONS:
        name = _connections(connections)
        report.add(f"ingest, {name}", "records/s", rates[f"ingest {connections}"])
        report.add(f"COPY of ready blocks, {name}", "records/s", rates[f"copy {connections}"])
        report.add(f"CPU of ingest, {name}", "µs a record", turns.cpu[connections])
    report.add("COPY of rows encoded on the way, 1 connection", "records/s", rates["copy rows"])
    report.add("answer to a batch of 100, 1 connection", "ms", turns.latencies)
    ratio = report.add(
        f"ingest on {best} : COPY of ready blocks on 1",
        "ratio",
        _ratios(rates[f"ingest {best}"], rates["copy 1"]),
    )
    report.add(
        f"ingest on {best} : COPY of ready blocks on {best}",
        "ratio",
        _ratios(rates[f"ingest {best}"], rates[f"copy {best}"]),
    )
    report.add(
        f"ingest on {best} : COPY of encoded rows on 1",
        "ratio",
        _ratios(rates[f"ingest {best}"], rates["copy rows"]),
    )
    for name in ("Rss", "Pss"):
        report.add(f"memory of a web worker, {name}", "MB", [found[name] for found in memory])
    report.at_least("rate against raw COPY BINARY", "ratio", ratio, LEAST_OF_COPY)
    cpu = max(figure.median for figure in report.figures if figure.name.startswith("CPU"))
    report.at_most("CPU of all processes", "µs a record", cpu, MOST_CPU)
    largest = max(found["Rss"] for found in memory)
    report.at_most("memory of the largest web worker, Rss", "MB", largest, MOST_MEMORY)
    return report


def _ratios(ours: list[float], anchor: list[float]) -> list[float]:
    """Round by round, so that what disturbed a round disturbs both sides."""
    return [a / b for a, b in zip(ours, anchor, strict=True)]


def _connections(count: int) -> str:
    return f"{count} connection" + "s" * (count > 1)
