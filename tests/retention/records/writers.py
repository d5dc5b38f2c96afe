"""Many writers at once, each on connections of its own, and what must hold afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from threading import Barrier
from typing import Any
from uuid import UUID

from django.db import connections

from retention.records import ingest
from retention.records.parts import NewExchange, Status
from tests.retention.records import raw


@dataclass
class Tally:
    """What all writers were told."""

    statuses: Counter[str] = field(default_factory=Counter)
    records: set[UUID] = field(default_factory=set)
    exchanges: Counter[UUID] = field(default_factory=Counter)

    def add(self, other: Tally) -> None:
        """Join what another writer was told."""
        self.statuses += other.statuses
        self.records |= other.records
        self.exchanges += other.exchanges


def together(*acts: Callable[[], Any]) -> list[Any]:
    """Their results; all begin at the same moment, each in a thread with its own connections."""
    ready = Barrier(len(acts))

    def alone(act: Callable[[], Any]) -> Any:
        try:
            ready.wait()
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [waiting.result() for waiting in [pool.submit(alone, act) for act in acts]]


def deadlocks() -> int:
    """How many the server has counted in this database; it reports with a delay of its own."""
    raw.run("SELECT pg_stat_force_next_flush()")
    [(count,)] = raw.run(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    return int(count)


def write(
    customer: UUID, sent: Sequence[NewExchange], *, now: datetime, seed: int, batch: int
) -> Tally:
    """Send everything once, in an order of this writer's own, in batches."""
    order = list(sent)
    Random(seed).shuffle(order)
    told = Tally()
    for start in range(0, len(order), batch):
        for outcome in ingest.store(customer, order[start : start + batch], now=now):
            told.statuses[outcome.code or outcome.status.value] += 1
            if outcome.status is Status.STORED:
                assert outcome.exchange
                told.exchanges[outcome.exchange] += 1
                told.records |= {record.id for record in outcome.records}
    return told
