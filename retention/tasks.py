"""The bell. Celery rings it every minute; the work is found in PostgreSQL.

A second scheduler, a second worker or none for a day do no harm: each part may run at any time, in
any number, and catches up on what was missed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import structlog
from celery import shared_task
from django.conf import settings
from django.db import close_old_connections, connection

from retention import clock
from retention.errors import RetentionError
from retention.expiry import conservation, outlook, partitions, sweep
from retention.expiry.models import ClockGuard, TickPart
from retention.ledger import sequence
from retention.records import flagged, tally
from retention.vault import copy as vault_copy

log = structlog.get_logger("retention.tick")
Facts = Mapping[str, int]


@shared_task(name="retention.tick")
def tick() -> None:
    """Partitions ahead, pending entries signed, what is due destroyed, slips folded, counts.

    Every part runs whatever became of the others; the first failure is raised at the end.
    """
    close_old_connections()
    parts: dict[str, Callable[[], Facts | None]] = {
        "days": lambda: {"made": partitions.ensure(clock.today())},
        "signing": lambda: {"signed": sequence.sign_pending(now=clock.now())},
        "deletion": lambda: sweep.sweep().as_dict(),
        "tallies": lambda: {"folded": tally.fold(today=clock.today())},
        "flags": lambda: {"folded": flagged.fold(today=clock.today())},
        "outlook": lambda: outlook.note(now=clock.now()),
        "count": count_once_a_day,
        "copy": roll_vault_copy,
    }
    failures = [failure for name, part in parts.items() if (failure := _attempt(name, part))]
    if failures:
        raise failures[0]


def _attempt(name: str, part: Callable[[], Facts | None]) -> Exception | None:
    """Run one part and note how it went; what it could not do is returned, not raised."""
    failed: Exception | None = None
    facts: Facts | None = None
    started = time.perf_counter()
    try:
        facts = part()
    except RetentionError as error:
        log.error("tick_refused", part=name, code=error.code)
        failed = error
    except Exception as error:
        log.exception("tick_failed", part=name)
        failed = error
    try:
        _note(name, facts, time.perf_counter() - started, failed)
    except Exception as error:
        # The note is for pages and alarms; the work itself is done, or failed, without it.
        log.exception("tick_not_noted", part=name)
        return failed or error
    return failed


def _note(name: str, facts: Facts | None, seconds: float, failed: Exception | None) -> None:
    """A part that had nothing to do (None) came by all the same; what it last did still stands."""
    now = clock.host_now()
    part, _ = TickPart.objects.get_or_create(name=name)
    if failed:
        part.failing_since = part.failing_since or now
        part.failure = failed.code if isinstance(failed, RetentionError) else "failed"
    else:
        part.came_at, part.failing_since, part.failure = now, None, ""
        if facts is not None:
            part.facts, part.seconds = dict(facts), seconds
    part.save()


def count_once_a_day() -> Facts | None:
    """The nightly count: every live cell adds up, or an alarm says which do not."""
    with _alone("retention nightly count") as mine:
        today = clock.today()
        if not mine or ClockGuard.objects.filter(pk=1, counted_on__gte=today).exists():
            return None
        if wrong := conservation.check_all():
            log.error("conservation_broken", cells=len(wrong))
        # Noted at the end: a count that died is begun anew by the next tick.
        ClockGuard.objects.filter(pk=1).update(counted_on=today)
        return {"wrong": len(wrong)}


@contextmanager
def _alone(name: str) -> Iterator[bool]:
    """Holds a lock of that name for this session, without a transaction; False: it is taken."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name])
        mine = bool(cursor.fetchone()[0])
        try:
            yield mine
        finally:
            if mine:
                cursor.execute("SELECT pg_advisory_unlock(hashtext(%s))", [name])


def roll_vault_copy() -> Facts | None:
    """The rolling copy of the vault, at most an hour old, when a place for it is configured."""
    if settings.VAULT_COPY and vault_copy.roll(now=clock.host_now()):
        return {"copied": 1}
    return None
