"""Reading deletion records. They count once signed: an unsigned one is not shown."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from retention.expiry.models import ClockGuard, DeletionRecord
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
