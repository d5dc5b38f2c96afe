"""Reading deletion records. They count once signed: an unsigned one is not shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
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
