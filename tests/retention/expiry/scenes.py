"""Days with records on them, kept through the engine itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import psycopg
from django.db import connection, connections

from retention.expiry import partitions
from retention.policies.rules import earliest_accepted
from retention.records import ingest
from retention.records.models import Cell
from retention.records.parts import Status
from tests.factories.exchanges import exchange


def noon(day: date) -> datetime:
    """12:00 UTC of a day."""
    return datetime.combine(day, time(12), UTC)


def midnight(day: date) -> datetime:
    """00:00 UTC of a day."""
    return datetime.combine(day, time(), UTC)


def standing_at(moment: datetime) -> Callable[[], datetime]:
    """A clock for `sweep(now=…)` that stands still."""
    return lambda: moment


def day_that_ends_on(today: date) -> date:
    """The youngest clock day that the ceiling ends on or before `today`."""
    return earliest_accepted(today) - timedelta(days=1)


def make_table(day: date) -> None:
    """The partition of this one day: a whole window takes its time."""
    if day not in partitions.existing():
        with mock.patch.object(partitions, "window", return_value=[day]):
            partitions.ensure(day)


def keep(
    customer: UUID, day: date, *ids: str, received: datetime | None = None, **more: Any
) -> int:
    """Store exchanges of that day, received at its noon, and return how many records they are."""
    now = received or noon(day)
    make_table(day)
    sent = [exchange(name, at=noon(day), **more) for name in ids or ("triage-1",)]
    outcomes = ingest.store(customer, sent, now=max(now, noon(day)))
    assert all(outcome.status is Status.STORED for outcome in outcomes), outcomes
    return sum(len(outcome.records) for outcome in outcomes)


def states(*, day: date | None = None, customer: UUID | None = None) -> set[str]:
    """The states of these cells."""
    found = Cell.objects.all()
    if day:
        found = found.filter(clock_day=day)
    if customer:
        found = found.filter(customer_id=customer)
    return set(found.values_list("state", flat=True))


def tables() -> set[date]:
    """The days that have a table of their own, attached or not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class"
            " WHERE relkind = 'r' AND relname ~ '^retention_record_[0-9]{8}$'"
        )
        return {
            datetime.strptime(name[-8:], "%Y%m%d").replace(tzinfo=UTC).date()
            for (name,) in cursor.fetchall()
        }


def count(statement: str, *parameters: Any) -> int:
    """The one number that a statement returns."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return int(cursor.fetchone()[0])


def tamper(statement: str, *parameters: Any) -> int:
    """Change something behind the engine's back; returns how many rows it hit."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return int(cursor.rowcount)


@contextmanager
def somebody_else(*, autocommit: bool = False) -> Iterator[psycopg.Connection]:
    """A session of another program on the same database."""
    params = connections["default"].get_connection_params()
    wanted = {
        name: params[name]
        for name in ("host", "port", "user", "password", "dbname")
        if name in params
    }
    with psycopg.connect(**wanted, autocommit=autocommit) as other:
        yield other


@contextmanager
def reader(day: date) -> Iterator[psycopg.Connection]:
    """A transaction that has read the day and stays open, like a dump or a forgotten console."""
    with somebody_else() as other:
        other.execute(f"SELECT count(*) FROM {partitions.name_of(day)}")
        yield other
        other.rollback()
