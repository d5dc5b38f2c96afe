"""The days' partitions: made ahead, and dropped whole once nothing of a day may be read.

DDL here takes the weakest lock that does the work and waits at most `LOCK_TIMEOUT`: an open reader
must never make ingest queue up behind us. A new day is made as a plain table and attached (SHARE
UPDATE EXCLUSIVE on the parent); an old day is detached concurrently and then dropped.
"""

from __future__ import annotations

import time
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
    table = sql.Identifier(name_of(day))
    bounds = {"first": sql.Literal(day), "next": sql.Literal(day + timedelta(days=1))}
    cursor.execute(
        sql.SQL("CREATE TABLE {table} (LIKE {parent} INCLUDING ALL)").format(
            table=table, parent=PARENT
        )
    )
    cursor.execute(
        sql.SQL(
            "ALTER TABLE {parent} ATTACH PARTITION {table} FOR VALUES FROM ({first}) TO ({next})"
        ).format(parent=PARENT, table=table, **bounds)
    )


def ensure_after_migrate(*, using: str, **_: object) -> None:
    """`migrate` leaves a database that can take exchanges at once."""
    if using == "default" and "retention_record" in connection.introspection.table_names():
        ensure(clock.today())


def drop(day: date, *, attempts: int = 5) -> bool:
    """Detach the day and drop it. False: a reader was in the way, the next run goes on.

    Safe to repeat after a crash at any point: a pending detach is finalised first, a detached table
    is dropped, an absent one is done. Must not run inside a transaction.
    """
    for attempt in range(attempts):
        try:
            _drop_once(day)
            return True
        except OperationalError as error:
            if not isinstance(error.__cause__, errors.LockNotAvailable | errors.DeadlockDetected):
                raise
            time.sleep(0.05 * 2**attempt)
    return False


def _drop_once(day: date) -> None:
    table = sql.Identifier(name_of(day))
    pending = existing().get(day)
    with connection.cursor() as cursor:
        cursor.execute(f"SET lock_timeout = '{LOCK_TIMEOUT}'")
        try:
            if pending is not None:
                how = sql.SQL("FINALIZE" if pending else "CONCURRENTLY")
                cursor.execute(
                    sql.SQL("ALTER TABLE {parent} DETACH PARTITION {table} {how}").format(
                        parent=PARENT, table=table, how=how
                    )
                )
            cursor.execute(sql.SQL("DROP TABLE IF EXISTS {table}").format(table=table))
        finally:
            cursor.execute("RESET lock_timeout")
