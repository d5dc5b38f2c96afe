"""The days' partitions: made ahead, and dropped whole once nothing of a day may be read.

DDL here takes the weakest lock that does the work and waits at most `LOCK_TIMEOUT`: an open reader
must never make ingest queue up behind us. A new day is made as a plain table and attached (SHARE
UPDATE EXCLUSIVE on the parent); an old day is detached concurrently and then dropped.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, timedelta
from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg import errors, sql

from retention import clock
from retention.policies.rules import earliest_accepted

DAYS_AHEAD = 14
LOCK_TIMEOUT = "200ms"
PARENT = sql.Identifier("retention_record")


def name_of(day: date) -> str:
    """The table that holds a clock day."""
    return f"retention_record_{day:%Y%m%d}"


def existing() -> dict[date, bool]:
    """The days that have a partition; True: a detach of it is pending."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, i.inhdetachpending FROM pg_inherits i"
            " JOIN pg_class c ON c.oid = i.inhrelid"
            " WHERE i.inhparent = 'retention_record'::regclass"
        )
        return {_day_of(name): pending for name, pending in cursor.fetchall()}


def _day_of(name: str) -> date:
    digits = name.removeprefix("retention_record_")
    return date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))


def window(today: date) -> list[date]:
    """Every clock day that must have a partition on `today`."""
    first = earliest_accepted(today)
    return [first + timedelta(days=n) for n in range((today - first).days + DAYS_AHEAD + 1)]


def ensure(today: date) -> int:
    """Make the partitions that are missing and return how many. Several may run at once."""
    if missing := set(window(today)) - set(existing()):
        with transaction.atomic(), connection.cursor() as cursor:
            # One maker at a time; the others find the work done.
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('retention_record partitions'))")
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            missing -= set(existing())
            for day in sorted(missing):
                _make(cursor, day)
    return len(missing)


def _make(cursor: Any, day: date) -> None:
    cursor.execute(
        sql.SQL("CREATE TABLE {table} (LIKE {parent} INCLUDING ALL)").format(
            table=_table(day), parent=PARENT
        )
    )
    _attach(cursor, day)


def _attach(cursor: Any, day: date) -> None:
    bounds = {"first": sql.Literal(day), "next": sql.Literal(day + timedelta(days=1))}
    cursor.execute(
        sql.SQL(
            "ALTER TABLE {parent} ATTACH PARTITION {table} FOR VALUES FROM ({first}) TO ({next})"
        ).format(parent=PARENT, table=_table(day), **bounds)
    )


def ensure_after_migrate(*, using: str, **_: object) -> None:
    """`migrate` leaves a database that can take exchanges at once."""
    if using == "default" and "retention_record" in connection.introspection.table_names():
        ensure(clock.today())


def left_behind() -> set[date]:
    """The days whose table is detached already and still there: a run died between the two."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND NOT relispartition"
            " AND relnamespace = (SELECT relnamespace FROM pg_class"
            " WHERE oid = 'retention_record'::regclass)"
            " AND relname ~ '^retention_record_[0-9]{8}$'"
        )
        return {_day_of(name) for (name,) in cursor.fetchall()}


def drop(day: date, *, attempts: int = 5) -> bool:
    """Detach the day and drop it. False: a reader was in the way, the next run goes on.

    Safe to repeat after a crash at any point: a pending detach is finalised first, a detached table
    is dropped, an absent one is done. Must not run inside a transaction.
    """
    for attempt in range(attempts):
        if attempt:
            time.sleep(0.05 * 2**attempt)
        with suppress(_InTheWay), _alone() as cursor:
            _detach(cursor, day)
            if _holds_living_rows(cursor, day):
                _attach(cursor, day)
                return False
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(_table(day)))
            return True
    return False


def put_back(day: date) -> None:
    """Attach a day that was left behind with rows in it, so that they are seen and counted."""
    with suppress(_InTheWay), _alone() as cursor:
        if day in left_behind():
            _attach(cursor, day)


class _InTheWay(Exception):
    """Somebody held a lock for longer than we wait."""


@contextmanager
def _alone() -> Iterator[Any]:
    """One session changes old days at a time: PostgreSQL knows one pending detach a table."""
    with connection.cursor() as cursor:
        try:
            cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
            cursor.execute("SELECT pg_advisory_lock(hashtext('retention_record old days'))")
            try:
                yield cursor
            finally:
                cursor.execute("SELECT pg_advisory_unlock(hashtext('retention_record old days'))")
        except OperationalError as error:
            if isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
                raise _InTheWay from error
            raise
        finally:
            cursor.execute("RESET lock_timeout")


def _detach(cursor: Any, day: date) -> None:
    statement = sql.SQL("ALTER TABLE {parent} DETACH PARTITION {table} {how}")
    found = existing()
    # Whichever day is pending goes first: no other can be detached before.
    for pending in [other for other, is_pending in found.items() if is_pending]:
        cursor.execute(
            statement.format(parent=PARENT, table=_table(pending), how=sql.SQL("FINALIZE"))
        )
        del found[pending]
    if day in found:
        cursor.execute(
            statement.format(parent=PARENT, table=_table(day), how=sql.SQL("CONCURRENTLY"))
        )


def _holds_living_rows(cursor: Any, day: date) -> bool:
    """A late writer may have made a cell, and put a row into it, until the moment of the detach."""
    cursor.execute("SELECT to_regclass(%s) IS NOT NULL", [name_of(day)])
    if not cursor.fetchone()[0]:
        return False
    cursor.execute(
        sql.SQL(
            "SELECT EXISTS (SELECT FROM retention_cell cell JOIN {table} record"
            " ON record.customer_id = cell.customer_id AND record.cell_id = cell.id"
            " WHERE cell.clock_day = {day} AND cell.state IN ('open', 'sealed', 'purging'))"
        ).format(table=_table(day), day=sql.Literal(day))
    )
    return bool(cursor.fetchone()[0])


def _table(day: date) -> sql.Identifier:
    return sql.Identifier(name_of(day))
