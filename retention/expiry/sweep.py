"""The deletion run: what is due is destroyed, what was missed is caught up.

Danger: it destroys keys and drops tables. Principle: work is found in PostgreSQL, so any number of
runs at the same time, a run that died, or none for a day do no harm. Boundary: between any two
calls below the process may be killed; nothing is kept in memory that the next run needs. Delay: the
keys go within minutes of 00:00 UTC of the deletion date, never before it; the guard on the host's
clock is asked first, and when in doubt nothing is destroyed. Not guaranteed: a key may live in a
worker's memory for up to 60 seconds more, and rows wait for open readers (unreadable meanwhile).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from uuid import uuid4

import structlog

from retention import clock
from retention.expiry import guard, partitions, prove, shorten, steps
from retention.expiry.models import SweepRun
from retention.ledger import sequence
from retention.policies.rules import earliest_accepted
from retention.records.models import Cell

log = structlog.get_logger("retention.expiry")


@dataclass(frozen=True, slots=True)
class SweepReport:
    """What one run did, in cells, rows and whole days; `waiting`: days behind an open reader."""

    sealed: int = 0
    shredded: int = 0
    purged: int = 0
    records: int = 0
    days_dropped: int = 0
    blocked: int = 0
    waiting: int = 0

    def as_dict(self) -> dict[str, int]:
        """For printing."""
        return asdict(self)


def sweep(*, now: Callable[[], datetime] = clock.now) -> SweepReport:
    """Apply what takes effect and purge everything that is due by `now().date()`.

    Raises `ClockSuspect` when the host's time cannot be trusted; then nothing was moved and nothing
    destroyed. What could not be applied is raised once everything that is due was purged.
    """
    guard.check()
    today = now().date()
    failure = _applied(today, now())
    report = _purged(today, now)
    if failure:
        raise failure
    return report


def _applied(today: date, now: datetime) -> Exception | None:
    try:
        shorten.apply_due(today, now)
    except Exception as error:
        return error
    return None


def _purged(today: date, now: Callable[[], datetime]) -> SweepReport:
    run = SweepRun(id=uuid4(), started_at=now())
    run.sealed = _all(lambda: steps.seal(today, now()))
    steps.unblock(today)
    _all(lambda: steps.pass_point_of_no_return(today, now(), run.pk))
    sequence.sign_pending(now=now())
    run.shredded = _all(lambda: steps.shred(now()))
    waiting = _remove(today, run, now)
    sequence.sign_pending(now=now())
    run.purged = _all(lambda: prove.finish(now()))
    run.blocked = _blocked(today)
    _drop_empty_days(today)
    if run.sealed or run.shredded or run.purged:
        run.finished_at = now()
        run.save()
    report = SweepReport(
        **{name: getattr(run, name) for name in SweepReport.__slots__ if name != "waiting"},
        waiting=waiting,
    )
    log.info("sweep", **report.as_dict())
    return report


def _all(step: Callable[[], int]) -> int:
    """Repeat a step until it finds nothing; bounded, so that a run always ends."""
    total = 0
    for _ in range(10_000):
        moved = step()
        if not moved:
            break
        total += moved
    return total


def _remove(today: date, run: SweepRun, now: Callable[[], datetime]) -> int:
    """Rows and whole days, then their deletion records; returns how many days had to wait."""
    waiting = 0
    for day in steps.shredded_days():
        cells = steps.shredded_cells(day)
        whole = steps.whole_day(day, today)
        if not steps.remove_rows(day, cells, whole):
            waiting += 1
            continue
        proved = prove.write_deletion_records(day, cells, run, now())
        # Of several runs at once, whoever proves it counts the day.
        run.days_dropped += bool(whole and proved)
    return waiting


def _blocked(today: date) -> int:
    return Cell.objects.filter(expires_on__lte=today).exclude(blocked="").count()


def _drop_empty_days(today: date) -> None:
    """Days that the ceiling no longer accepts and that have no cell to wait for."""
    left = partitions.left_behind()
    old = [day for day in {*partitions.existing(), *left} if day < earliest_accepted(today)]
    busy = set(
        Cell.objects.filter(clock_day__in=old)
        .exclude(state=Cell.State.PURGED)
        .values_list("clock_day", flat=True)
    )
    for day in old:
        if day not in busy:
            partitions.drop(day)
        elif day in left:
            # Its run died between finding a late row and putting the day back.
            partitions.put_back(day)
