"""Writers, readers of the clock and several deletion runs, all at once, while days go by.

    python -m tests.retention.expiry.racing --seconds 600

Works on the database and the vault that the environment names (migrated, empty). Eight processes
store, add parts and say `delivered`, also for days that end that very moment; two more make days
and sweep; one counts. A day passes every `--day` seconds. At the end every record that was
acknowledged must be live, delivered or purged, and PostgreSQL must not have seen a deadlock.
Prints the figures as JSON; exit code 1 if anything is wrong.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from multiprocessing.queues import Queue
from typing import TYPE_CHECKING
from uuid import UUID

import django

if TYPE_CHECKING:
    from retention.records.parts import NewExchange

WRITERS, RUNS = 8, 2
BEGINNING = datetime(2026, 9, 20, 23, tzinfo=UTC)
RETAIN = [0, 0, 0, 1, 2, 3, 30]


@dataclass(frozen=True)
class Race:
    """What everybody in it must know."""

    started: float
    seconds: float
    day_seconds: float
    customers: list[UUID]

    def now(self) -> datetime:
        """The race's own time, the same in every process."""
        passed = time.monotonic() - self.started
        return BEGINNING + timedelta(days=passed / self.day_seconds)

    @property
    def over(self) -> bool:
        """True when everybody must come home."""
        return time.monotonic() - self.started > self.seconds


def write(race: Race, number: int, results: Queue[Counter[str]]) -> None:
    """Store what may be stored, and count only what was acknowledged."""
    from retention.errors import RetentionError

    chance, tally = random.Random(number), Counter[str]()
    while not race.over:
        try:
            _one_request(race, chance, tally)
        except RetentionError as error:
            tally[error.code] += 1
        except Exception as error:
            tally[f"unexpected {type(error).__name__}: {error}"[:300]] += 1
    results.put(tally)


def _one_request(race: Race, chance: random.Random, tally: Counter[str]) -> None:
    from retention.policies.rules import DataClass
    from retention.records import deliver, ingest, later, queries
    from retention.records.parts import Status
    from tests.factories.exchanges import part

    customer, now = chance.choice(race.customers), race.now()
    if chance.random() < 0.3:
        # The slow ones: they took the time a while ago.
        time.sleep(race.day_seconds * chance.random() * 0.2)
    day = _some_day(now, chance)
    # Few ids: writers meet each other.
    batch = [_exchange(day, now, chance) for _ in range(chance.choice([1, 5, 20]))]
    for outcome in ingest.store(customer, batch, now=now):
        tally[f"answered {outcome.status}"] += 1
        tally["acknowledged"] += len(outcome.records) * (outcome.status is Status.STORED)
    address = queries.Address(None, batch[0].external_id, day)
    if chance.random() < 0.2:
        added = later.add(customer, address, part(DataClass.EVALUATION, "good", "2"), now=now)
        tally["acknowledged"] += added.status is Status.STORED
    if chance.random() < 0.6:
        tally["delivered"] += deliver.deliver(customer, address, now=now).deleted


def _some_day(now: datetime, chance: random.Random) -> date:
    """Today mostly; often a day that is about to end."""
    from retention.policies.rules import earliest_accepted

    oldest = earliest_accepted(now.date())
    back = chance.choice([0, 0, 0, 1, 1, 2, 30])
    return chance.choice([now.date() - timedelta(days=back), oldest, oldest + timedelta(days=1)])


def _exchange(day: date, now: datetime, chance: random.Random) -> NewExchange:
    from tests.factories.exchanges import exchange

    at = min(now, datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
    retain = chance.choice(RETAIN)
    return exchange(f"call-{chance.randrange(400)}-{retain}", at=at, retain_days=retain)


def sweep(race: Race, results: Queue[Counter[str]]) -> None:
    """Make days and purge, over and over, like several workers at once."""
    from retention.expiry import partitions
    from retention.expiry.sweep import sweep as run

    tally = Counter[str]()
    while not race.over:
        try:
            partitions.ensure(race.now().date())
            tally += Counter(run(now=race.now).as_dict())
            tally["runs"] += 1
        except Exception as error:
            tally[f"unexpected {type(error).__name__}: {error}"[:300]] += 1
    results.put(tally)


def count(race: Race, results: Queue[Counter[str]]) -> None:
    """The nightly count, all the time: it must find nothing."""
    from retention.expiry import conservation

    tally = Counter[str]()
    while not race.over:
        try:
            tally["counted"] += 1
            tally["found wrong while counting"] += len(conservation.check_all())
        except Exception as error:
            tally[f"unexpected {type(error).__name__}: {error}"[:300]] += 1
        time.sleep(0.2)
    results.put(tally)


def race(seconds: float, day_seconds: float) -> dict[str, object]:
    """Let everybody run, then purge and count once more in peace."""
    from django.db import connections

    from retention.expiry import partitions
    from tests.cast import make_company

    customers = [make_company(f"Racer {n}", now=BEGINNING - timedelta(days=200)).id for n in "123"]
    partitions.ensure(BEGINNING.date())
    connections.close_all()
    context = multiprocessing.get_context("fork")
    results: Queue[Counter[str]] = context.Queue()
    course = Race(time.monotonic(), seconds, day_seconds, customers)
    jobs: list[tuple[Callable[..., None], tuple[object, ...]]] = [
        *((write, (course, number, results)) for number in range(WRITERS)),
        *((sweep, (course, results)) for _ in range(RUNS)),
        (count, (course, results)),
    ]
    runners = [context.Process(target=job, args=arguments) for job, arguments in jobs]
    for runner in runners:
        runner.start()
    tally = sum((results.get(timeout=seconds + 120) for _ in runners), Counter[str]())
    for runner in runners:
        runner.join()
    return _figures(course, tally)


def _figures(course: Race, tally: Counter[str]) -> dict[str, object]:
    from retention.expiry import conservation
    from retention.expiry.sweep import sweep as run
    from retention.records.models import Cell
    from tests.retention.expiry import agreement, scenes

    # The next day too: what a slow writer still put into a day that had ended.
    end = course.now() + timedelta(days=1)
    for _ in range(2):
        run(now=scenes.standing_at(end))
    stored, delivered, purged = (
        scenes.count(f"SELECT coalesce(sum({column}), 0) FROM retention_cell")
        for column in ("acknowledged", "delivered", "purged")
    )
    live = scenes.count("SELECT count(*) FROM retention_record")
    deadlocks = scenes.count(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    wrong = [*agreement.faults(end.date()), *agreement.unfinished(end.date())]
    wrong += [name for name in tally if name.startswith(("unexpected", "found wrong"))]
    if not tally["acknowledged"] == stored == live + delivered + purged:
        wrong.append("acknowledged is not live + delivered + purged")
    if tally["delivered"] != delivered or deadlocks or conservation.check_all():
        wrong.append("delivered, deadlocks or counts")
    return {
        "seconds": course.seconds,
        "days": (end - BEGINNING).days,
        "deadlocks": deadlocks,
        "acknowledged by writers": tally["acknowledged"],
        "acknowledged": stored,
        "live": live,
        "delivered": delivered,
        "purged": purged,
        "cells": Cell.objects.count(),
        "tally": dict(sorted(tally.items())),
        "wrong": wrong,
    }


def main() -> int:
    """From the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--day", type=float, default=1.0, help="seconds that a day lasts")
    options = parser.parse_args()
    django.setup()
    figures = race(options.seconds, options.day)
    print(json.dumps(figures))  # noqa: T201
    return 1 if figures["wrong"] else 0


if __name__ == "__main__":
    sys.exit(main())
