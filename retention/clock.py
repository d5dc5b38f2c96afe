"""The one clock: host time, plus an offset that only a demonstration state has.

Nothing else reads the time for a rule, and SQL never does: verbs take `now=` or `today=`. Sessions
and links use host time. The offset only grows, so nothing that was destroyed can come back.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from django.conf import settings
from django.db import connection, transaction

from retention.errors import ClockRefused


def host_now() -> datetime:
    """The host's time, aware, UTC. Never moved by the demonstration."""
    return datetime.now(UTC)


def now() -> datetime:
    """The time by which every rule is judged."""
    return host_now() + offset()


def today() -> date:
    """The UTC date by which every rule is judged."""
    return now().date()


def offset() -> timedelta:
    """How far the demonstration is from host time; nothing outside a demonstration state."""
    if not settings.DEMO:
        return timedelta()
    with connection.cursor() as cursor:
        cursor.execute("SELECT offset_seconds FROM retention_democlock WHERE id = 1")
        row = cursor.fetchone()
    return timedelta(seconds=row[0]) if row else timedelta()


def start(*, at: datetime) -> None:
    """Set the demonstration's first moment, once, before anything was stored.

    Raises `ClockRefused` outside a demonstration state, or when the clock runs already.
    """
    _refuse_outside_demo()
    seconds = int((at - host_now()).total_seconds())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_democlock (id, offset_seconds) VALUES (1, %s)"
            " ON CONFLICT DO NOTHING",
            [seconds],
        )
        if not cursor.rowcount:
            raise ClockRefused("The demonstration clock runs already.")


def advance(*, to: datetime | date | None = None, by: timedelta | None = None) -> datetime:
    """Move the demonstration forward and return its new time.

    `to` a date means that day at 00:00 UTC. Raises `ClockRefused` when it would not move forward.
    """
    _refuse_outside_demo()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_democlock (id, offset_seconds) VALUES (1, 0)"
            " ON CONFLICT DO NOTHING"
        )
        cursor.execute("SELECT offset_seconds FROM retention_democlock WHERE id = 1 FOR UPDATE")
        current = host_now() + timedelta(seconds=cursor.fetchone()[0])
        target = _target(current, to, by)
        if target <= current:
            raise ClockRefused(f"The clock stands at {current:%Y-%m-%d %H:%M} UTC: only forward.")
        seconds = -(-(target - host_now()) // timedelta(seconds=1))
        cursor.execute("UPDATE retention_democlock SET offset_seconds = %s WHERE id = 1", [seconds])
    return target


def _target(current: datetime, to: datetime | date | None, by: timedelta | None) -> datetime:
    if (to is None) == (by is None):
        raise ClockRefused("Say either where to (a day) or how far (an interval).")
    if by is not None:
        return current + by
    if isinstance(to, datetime):
        return to
    assert to is not None
    return datetime(to.year, to.month, to.day, tzinfo=UTC)


def _refuse_outside_demo() -> None:
    if not settings.DEMO:
        raise ClockRefused("This is no demonstration state: its clock is the host's.")
