"""How far an announcement has come: who is told for sure, who is, who is not and why.

A notice counts as given from the first mail on (design: section 7). For 72 hours it may still come
back; after that, or when a provider or a person says that it arrived, it is *surely* given.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import TruncDate

from compliance.customers.models import Contact, Customer
from compliance.notices.bounces import Kind as EventKind
from compliance.notices.give import REACHED
from compliance.notices.models import Announcement, Delivery, MailEvent, Notice

MAY_COME_BACK = timedelta(hours=72)
State, Channel = Delivery.State, Delivery.Channel


class Standing(StrEnum):
    """Where one notice stands. A withdrawal gives nothing: it is `told` or `not_told`."""

    IN_FORCE = "in_force"
    SURELY_GIVEN = "surely_given"
    GIVEN = "given"
    ON_ITS_WAY = "on_its_way"
    NOT_GIVEN = "not_given"
    TOLD = "told"
    NOT_TOLD = "not_told"
    CLOSED = "closed"


def with_standing(notices: QuerySet[Notice], *, now: datetime) -> QuerySet[Any]:
    """The notices, each with its `standing` on this moment."""
    mine = Delivery.objects.filter(notice=OuterRef("pk"), purpose=Delivery.Purpose.NOTICE)
    people = mine.exclude(channel=Channel.WEBHOOK)
    sure = Q(state=State.DELIVERED) | Q(state=State.SENT, sent_at__lte=now - MAY_COME_BACK)
    withdrawn = Q(announcement__kind=Announcement.Kind.WITHDRAWAL)
    going = Exists(people.filter(state__in=(State.WAITING, State.SENDING)))
    return notices.annotate(
        standing=Case(
            When(withdrawn & Exists(people.filter(state__in=REACHED)), then=_is(Standing.TOLD)),
            When(closed_at__isnull=False, then=_is(Standing.CLOSED)),
            When(activation__effective_on__lte=now.date(), then=_is(Standing.IN_FORCE)),
            When(
                Q(activation__isnull=False) & Exists(people.filter(sure)),
                then=_is(Standing.SURELY_GIVEN),
            ),
            When(activation__isnull=False, then=_is(Standing.GIVEN)),
            When(going, then=_is(Standing.ON_ITS_WAY)),
            When(withdrawn, then=_is(Standing.NOT_TOLD)),
            default=_is(Standing.NOT_GIVEN),
            output_field=CharField(),
        )
    )


def _is(standing: Standing) -> Value:
    return Value(standing.value)


@dataclass(frozen=True, slots=True)
class Progress:
    """One announcement in numbers. `finished`: every customer's notice is written."""

    announcement: Announcement
    notices: int
    by_standing: dict[str, int]
    mails: dict[str, int]
    finished: bool

    @property
    def given(self) -> int:
        """Customers for whom the days run, or have run."""
        kinds = (Standing.GIVEN, Standing.SURELY_GIVEN, Standing.IN_FORCE)
        return sum(self.by_standing.get(kind, 0) for kind in kinds)


def progress(made: Announcement, *, now: datetime) -> Progress:
    """Two queries; sums agree with each other, since each notice has one standing."""
    counted = Counter(with_standing(made.notices.all(), now=now).values_list("standing", flat=True))
    mails = (
        Delivery.objects.filter(notice__announcement=made, channel=Channel.MAIL)
        .values_list("state")
        .annotate(number=Count("id"))
    )
    return Progress(
        made, counted.total(), dict(counted), dict(mails), finished=made.written_at is not None
    )


def given_per_day(made: Announcement) -> list[tuple[date, int]]:
    """How many customers were told on which day, as it stands now."""
    found = (
        made.notices.filter(activation__isnull=False)
        .values_list("activation__given_on")
        .annotate(number=Count("id"))
    )
    return sorted(found)


def effective_per_day(made: Announcement) -> list[tuple[date, int]]:
    """For how many customers it takes effect on which day, the first day first."""
    found = (
        made.notices.filter(activation__isnull=False)
        .values_list("activation__effective_on")
        .annotate(number=Count("id"))
    )
    return sorted(found)


def ahead(*, today: date, limit: int = 400) -> list[tuple[date, Announcement, int]]:
    """What takes effect from tomorrow on: day, announcement, and for how many customers."""
    found = (
        Notice.objects.filter(activation__effective_on__gt=today, closed_at=None)
        .values_list("activation__effective_on", "announcement")
        .annotate(number=Count("id"))
        .order_by("activation__effective_on", "announcement__made_at")[:limit]
    )
    rows = list(found)
    made = Announcement.objects.select_related("version").in_bulk({row[1] for row in rows})
    return [(day, made[announcement], number) for day, announcement, number in rows]


class Why(StrEnum):
    """Why a customer does not count as told."""

    NO_CONTACT = "no_contact"
    CAME_BACK = "came_back"
    REFUSED = "refused"
    UNSURE = "unsure"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class NotReached:
    """A customer that is not told, why, and who of us talks to it. The worst reason stands."""

    notice: Notice
    why: Why
    since: datetime
    deliveries: Sequence[Delivery] = field(default=(), repr=False)

    @property
    def customer(self) -> Customer:
        """Whom it is about."""
        return self.notice.customer


def not_reached(made: Announcement, *, now: datetime) -> list[NotReached]:
    """Everybody of this announcement who is not told; three queries."""
    return _why(_open().filter(announcement=made), now)


def not_given(now: datetime) -> list[NotReached]:
    """Of every change that is announced: customers whose old policy stays, with nothing on its way.

    What a worklist is made of. Three queries.
    """
    found = _why(_open(), now)
    return [one for one in found if one.why is not Why.WAITING]


def _open() -> QuerySet[Notice]:
    return Notice.objects.filter(
        announcement__kind=Announcement.Kind.CHANGE, activation=None, closed_at=None
    ).exclude(customer__state=Customer.State.ERASED)


def _why(notices: QuerySet[Notice], now: datetime) -> list[NotReached]:
    current = Contact.objects.filter(
        customer=OuterRef("customer"), role=Contact.Role.LEGAL, ended_at=None
    )
    found = (
        notices.select_related("customer__account_owner", "announcement__version")
        .annotate(has_contact=Exists(current))
        .prefetch_related("deliveries")
        .order_by("customer__name", "pk")
    )
    return [_one(notice) for notice in found]


def _one(notice: Any) -> NotReached:
    mails = [
        one
        for one in notice.deliveries.all()
        if one.channel == Channel.MAIL and one.purpose == Delivery.Purpose.NOTICE
    ]
    since = max([notice.published_at, *(one.settled_at for one in mails if one.settled_at)])
    return NotReached(notice, _reason(notice, mails), since, mails)


def _reason(notice: Any, mails: Iterable[Delivery]) -> Why:
    states = {mail.state for mail in mails}
    if states & {State.WAITING, State.SENDING}:
        return Why.WAITING
    if State.UNSURE in states:
        return Why.UNSURE
    if not notice.has_contact:
        return Why.NO_CONTACT
    # A contact that is new gets its mail within the minute.
    if not states - {State.DROPPED}:
        return Why.WAITING
    return Why.CAME_BACK if State.BOUNCED in states else Why.REFUSED


def unsure() -> QuerySet[Delivery]:
    """Mails of which nobody knows whether they went out, the oldest first."""
    return (
        Delivery.objects.filter(state=State.UNSURE, notice__closed_at=None)
        .select_related("notice__customer__account_owner", "notice__announcement__version")
        .order_by("claimed_at", "id")
    )


def came_back_too_late() -> QuerySet[MailEvent]:
    """Mails that came back when the change applied already: somebody has to talk to them."""
    return (
        MailEvent.objects.filter(
            kind__in=(EventKind.HARD, EventKind.REFUSED),
            delivery__state=State.BOUNCED,
            delivery__purpose=Delivery.Purpose.NOTICE,
            delivery__notice__activation__isnull=False,
            delivery__notice__closed_at=None,
        )
        .annotate(on=TruncDate("heard_at"))
        .filter(on__gte=F("delivery__notice__activation__effective_on"))
        .select_related("delivery__notice__customer__account_owner")
        .order_by("heard_at")
    )
