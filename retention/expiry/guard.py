"""The guard on the host's clock: destroying early cannot be undone.

A deletion run judges by the host's time. It is refused while that time runs backwards, differs from
the database's, or has jumped: between two looks in the same boot the wall clock must have gone as
far as the uptime; after a restart of the machine nobody can tell, so a gap of more than a week
waits for a person (`retention_sweep --confirm-clock`). The demonstration's offset is not part of
it. Nothing is remembered from a suspect look, so a corrected clock is trusted again by itself.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.db import connection, transaction

from retention import clock
from retention.actor import Actor
from retention.errors import ClockSuspect
from retention.ledger.append import append

BACKWARDS = timedelta(minutes=1)
TOLERANCE = timedelta(minutes=15)
LONGEST_ABSENCE = timedelta(days=7)
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at the host's clocks."""

    host_time: datetime
    boot_id: str
    uptime_seconds: float


def read() -> Reading:
    """Look at this host's clocks now."""
    boot_id = BOOT_ID.read_text().strip() if BOOT_ID.exists() else ""
    boot_clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return Reading(clock.host_now(), boot_id, time.clock_gettime(boot_clock))


def judge(seen: Reading | None, reading: Reading, database_time: datetime) -> str | None:
    """Why the reading cannot be trusted, as a code, or None."""
    if abs(reading.host_time - database_time) > TOLERANCE:
        return "differs_from_database"
    if seen is None:
        return None
    passed = reading.host_time - seen.host_time
    if passed < -BACKWARDS:
        return "ran_backwards"
    if reading.boot_id and reading.boot_id == seen.boot_id:
        expected = timedelta(seconds=reading.uptime_seconds - seen.uptime_seconds)
        return "jumped" if abs(passed - expected) > TOLERANCE else None
    return "jumped_while_off" if passed > LONGEST_ABSENCE else None


def check(reading: Reading | None = None) -> None:
    """Trust the host's time and remember it, or raise `ClockSuspect` with the reason."""
    reading = reading or read()
    seen, database_time = _seen()
    reason = judge(seen, reading, database_time) or _moved()
    if reason is None:
        _remember(reading)
        return
    _alarm(reason)
    raise ClockSuspect(
        f"The host's time cannot be trusted ({reason}): nothing is destroyed. Correct the clock,"
        " or confirm it with: manage.py retention_sweep --confirm-clock",
        reason=reason,
    )


@transaction.atomic
def confirm(*, by: Actor, now: datetime, reading: Reading | None = None) -> None:
    """A person vouches for the host's time as it is."""
    reading = reading or read()
    with connection.cursor() as cursor:
        # The only door backwards: the guard's memory is replaced, whatever it was.
        cursor.execute("DELETE FROM retention_clockguard")
    _remember(reading)
    append("expiry:clock:confirmed", now=now, facts={"actor": by.kind, "actor_id": by.id})


def _seen() -> tuple[Reading | None, datetime]:
    with connection.cursor() as cursor:
        # The one place where SQL is asked for the time: to compare the two clocks.
        cursor.execute("SELECT clock_timestamp()")
        database_time: datetime = cursor.fetchone()[0]
        cursor.execute(
            "SELECT host_time, boot_id, uptime_seconds FROM retention_clockguard"
            " WHERE uptime_seconds >= 0"
        )
        row = cursor.fetchone()
    return (Reading(*row) if row else None), database_time.astimezone(UTC)


def _moved() -> str | None:
    """Outside a demonstration state nothing moves the clock by which the database counts days."""
    if settings.DEMO:
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM retention_democlock WHERE offset_seconds <> 0")
        return "demonstration_clock" if cursor.fetchone() else None


def _alarm(reason: str) -> None:
    with connection.cursor() as cursor:
        # Where no look was ever trusted the row holds the alarm alone (see `_seen`).
        cursor.execute(
            "INSERT INTO retention_clockguard (id, host_time, boot_id, uptime_seconds, alarm)"
            " VALUES (1, 'epoch', '', -1, %s)"
            " ON CONFLICT (id) DO UPDATE SET alarm = excluded.alarm",
            [reason],
        )


def _remember(reading: Reading) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_clockguard (id, host_time, boot_id, uptime_seconds, alarm)"
            " VALUES (1, %s, %s, %s, '')"
            " ON CONFLICT (id) DO UPDATE SET host_time = excluded.host_time,"
            " boot_id = excluded.boot_id, uptime_seconds = excluded.uptime_seconds, alarm = ''"
            " WHERE retention_clockguard.host_time <= excluded.host_time",
            [reading.host_time, reading.boot_id, reading.uptime_seconds],
        )
