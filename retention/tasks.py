"""The bell. Celery rings it every minute; the work is found in PostgreSQL.

A second scheduler, a second worker or none for a day do no harm: each part may run at any time, in
any number, and catches up on what was missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import structlog
from celery import shared_task
from django.conf import settings
from django.db import close_old_connections, connection

from retention import clock
from retention.errors import RetentionError
from retention.expiry import conservation, partitions, sweep
from retention.expiry.models import ClockGuard
from retention.ledger import sequence
from retention.vault import copy as vault_copy

log = structlog.get_logger("retention.tick")


@shared_task(name="retention.tick")
def tick() -> None:
    """Partitions ahead, pending entries signed, what is due destroyed, counts once a day.

    Every part runs whatever became of the others; the first failure is raised at the end.
    """
    close_old_connections()
    parts: list[Callable[[], object]] = [
        lambda: partitions.ensure(clock.today()),
        lambda: sequence.sign_pending(now=clock.now()),
        sweep.sweep,
        count_once_a_day,
        roll_vault_copy,
    ]
    failures = [failure for part in parts if (failure := _attempt(part))]
    if failures:
        raise failures[0]


def _attempt(part: Callable[[], object]) -> Exception | None:
    try:
        part()
    except RetentionError as error:
        log.error("tick_refused", code=error.code)
        return error
    except Exception as error:
        log.exception("tick_failed")
        return error
    return None


def count_once_a_day() -> None:
    """The nightly count: every live cell adds up, or an alarm says which do not."""
    with _alone("retention nightly count") as mine:
        today = clock.today()
        if not mine or ClockGuard.objects.filter(pk=1, counted_on__gte=today).exists():
            return
        if wrong := conservation.check_all():
            log.error("conservation_broken", cells=len(wrong))
        # Noted at the end: a count that died is begun anew by the next tick.
        ClockGuard.objects.filter(pk=1).update(counted_on=today)


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


def roll_vault_copy() -> None:
    """The rolling copy of the vault, at most an hour old, when a place for it is configured."""
    if settings.VAULT_COPY:
        vault_copy.roll(now=clock.host_now())
