"""Reading deletion records. They count once signed: an unsigned one is not shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Q, QuerySet

from retention.expiry.models import ClockGuard, DeletionRecord, SweepRun
from retention.records.models import Cell


def signed(customer: UUID) -> QuerySet[DeletionRecord]:
    """The customer's signed deletion records, newest first."""
    return (
        DeletionRecord.objects.filter(customer_id=customer, entry__signed_at__isnull=False)
        .select_related("entry")
        .prefetch_related("cells")
        .order_by("-rows_removed_at", "-id")
    )


def deletions(
    customer: UUID,
    *,
    first: date | None = None,
    last: date | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int,
) -> list[DeletionRecord]:
    """A page of them, by clock day if asked; `after` continues behind that one."""
    found = signed(customer)
    if first:
        found = found.filter(clock_day__gte=first)
    if last:
        found = found.filter(clock_day__lte=last)
    if after:
        when, identifier = after
        found = found.filter(
            Q(rows_removed_at__lt=when) | Q(rows_removed_at=when, id__lt=identifier)
        )
    return list(found[:limit])


def deletion(customer: UUID, identifier: UUID) -> DeletionRecord | None:
    """One of them, or None: also when it is somebody else's."""
    return signed(customer).filter(pk=identifier).first()


def overdue(today: date) -> int:
    """Cells whose day has come and that still have a key."""
    return Cell.objects.filter(
        expires_on__lte=today, state__in=[Cell.State.OPEN, Cell.State.SEALED, Cell.State.PURGING]
    ).count()


def guard() -> ClockGuard | None:
    """The last look at the host's clock: when a run was last allowed, and any alarm."""
    return ClockGuard.objects.first()


@dataclass(frozen=True, slots=True)
class Behind:
    """Cells past their date that still have something, and since when the oldest of them has.

    `keys`: not yet unreadable in backups. `rows`: unreadable everywhere, rows still there.
    `blocked`: their counts do not add up, whatever their date.
    """

    keys: int
    keys_since: date | None
    items: int
    rows: int
    rows_since: date | None
    blocked: int


# The lower bound changes nothing but the plan: it would read every cell that is kept, for it
# believes that among them as many are due as among those that are gone.
BEHIND = """
    SELECT * FROM (
        SELECT count(*) FILTER (WHERE state <> 'shredded'),
            min(expires_on) FILTER (WHERE state <> 'shredded'),
            coalesce(sum(acknowledged - delivered - erased - held)
                FILTER (WHERE state <> 'shredded'), 0)::bigint,
            count(*) FILTER (WHERE state = 'shredded'),
            min(expires_on) FILTER (WHERE state = 'shredded')
        FROM retention_cell WHERE state <> 'purged' AND expires_on <= %s
            AND expires_on >= (SELECT min(expires_on) FROM retention_cell WHERE state <> 'purged')
    ) due, (SELECT count(*) FROM retention_cell WHERE blocked <> '') blocked
"""


def behind(today: date) -> Behind:
    """What is due by `today` and not gone, and what is blocked."""
    with connection.cursor() as cursor:
        cursor.execute(BEHIND, [today])
        return Behind(*cursor.fetchone())


def last_run() -> SweepRun | None:
    """The last run that removed something."""
    return SweepRun.objects.filter(records__gt=0).order_by("-started_at").first()


class Gone(NamedTuple):
    """Rows of one class that went in one month; `month` is its first day."""

    month: date
    data_class: str
    items: int


REMOVED = """
    SELECT date_trunc('month', rows_removed_at AT TIME ZONE 'UTC')::date, kind.key,
        sum(kind.value::bigint)::bigint
    FROM retention_deletionrecord, jsonb_each_text(counts) kind
    WHERE rows_removed_at >= %s AND rows_removed_at <= %s
    GROUP BY 1, 2 ORDER BY 1, 2
"""
# Each half is read from an index of its own.
RETURNED = """
    SELECT date_trunc('month', clock_day::timestamp)::date, 'snippet', sum(delivered)::bigint
    FROM (
        SELECT clock_day, delivered FROM retention_cell
        WHERE state = 'purged' AND data_class = 'snippet' AND clock_day BETWEEN %s AND %s
        UNION ALL
        SELECT clock_day, delivered FROM retention_cell
        WHERE state <> 'purged' AND data_class = 'snippet' AND clock_day BETWEEN %s AND %s
    ) snippets WHERE delivered > 0
    GROUP BY 1 ORDER BY 1
"""


def removed(first: datetime, last: datetime) -> list[Gone]:
    """What deletion runs removed between the two, by month, as deletion records have it."""
    return _gone(REMOVED, [first, last])


def returned(first: date, last: date) -> list[Gone]:
    """Snippets removed when their result was returned, by month of their clock day."""
    return _gone(RETURNED, [first, last] * 2)


def _gone(statement: str, bounds: Sequence[date]) -> list[Gone]:
    with connection.cursor() as cursor:
        cursor.execute(statement, bounds)
        return [Gone(*row) for row in cursor.fetchall()]
