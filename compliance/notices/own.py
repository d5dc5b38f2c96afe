"""What one customer reads of the notices that it was given: always by customer, newest first."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from django.db.models import Case, CharField, Q, QuerySet, Value, When

from compliance.notices.models import Announcement, Notice, Objection

Kind = Announcement.Kind
LONGEST_OBJECTION = 5_000


class OwnStanding(StrEnum):
    """Where a notice stands for the customer that reads it.

    `told`: of a withdrawal, which changes nothing. `not_given`: nobody could be reached yet, so
    the days do not run. `closed`: overtaken by a newer one, or withdrawn.
    """

    GIVEN = "given"
    IN_FORCE = "in_force"
    NOT_GIVEN = "not_given"
    TOLD = "told"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class OwnNotice:
    """A notice with what the customer answered."""

    notice: Notice
    standing: OwnStanding
    objections: list[Objection]

    @property
    def given_on(self) -> date | None:
        """The UTC day from which the days are counted."""
        return self.notice.activation.given_on if self.notice.activation else None

    @property
    def effective_on(self) -> date | None:
        """The first day on which the change applies to this customer."""
        return self.notice.activation.effective_on if self.notice.activation else None

    @property
    def is_change(self) -> bool:
        """False where it tells of a withdrawal."""
        return self.notice.announcement.kind == Kind.CHANGE

    @property
    def objection(self) -> Objection | None:
        """The last one, decided or not."""
        return self.objections[0] if self.objections else None

    @property
    def is_open(self) -> bool:
        """Nobody has said yet that it was read, and it still matters."""
        return self.notice.acknowledged_at is None and self.standing != OwnStanding.CLOSED

    @property
    def may_be_objected_to(self) -> bool:
        """A change that still stands, without an objection that waits for a decision."""
        undecided = self.objection is not None and self.objection.decided_at is None
        return self.is_change and self.standing != OwnStanding.CLOSED and not undecided


def notices(
    customer: UUID,
    *,
    today: date,
    after: tuple[datetime, UUID] | None = None,
    limit: int | None = None,
    kind: str | None = None,
    standing: OwnStanding | None = None,
) -> list[OwnNotice]:
    """The customer's notices, the newest first. Two queries."""
    found = _of(customer, today)
    if kind:
        found = found.filter(announcement__kind=kind)
    if standing:
        found = found.filter(standing=standing.value)
    if after:
        at, number = after
        found = found.filter(Q(published_at__lt=at) | Q(published_at=at, pk__lt=number))
    return [_own(notice) for notice in found[:limit]]


def notice(customer: UUID, number: UUID, *, today: date) -> OwnNotice | None:
    """One of them; None for any other customer's."""
    found = _of(customer, today).filter(pk=number).first()
    return _own(found) if found else None


def _of(customer: UUID, today: date) -> QuerySet[Any]:
    return (
        Notice.objects.filter(customer=customer)
        .select_related("announcement__version", "activation")
        .prefetch_related("objections")
        .annotate(
            standing=Case(
                When(announcement__kind=Kind.WITHDRAWAL, then=_is(OwnStanding.TOLD)),
                When(closed_at__isnull=False, then=_is(OwnStanding.CLOSED)),
                When(activation=None, then=_is(OwnStanding.NOT_GIVEN)),
                When(activation__effective_on__lte=today, then=_is(OwnStanding.IN_FORCE)),
                default=_is(OwnStanding.GIVEN),
                output_field=CharField(),
            )
        )
        .order_by("-published_at", "-pk")
    )


def _is(standing: OwnStanding) -> Value:
    return Value(standing.value)


def _own(notice: Any) -> OwnNotice:
    return OwnNotice(notice, OwnStanding(notice.standing), list(notice.objections.all()))
