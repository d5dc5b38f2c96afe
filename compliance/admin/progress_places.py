"""Where each customer of an announcement stands, as one of ten places that exclude each other.

The standing of a notice (`notices/queries.py`), told apart further by what its mails came to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from compliance.admin.charts import share
from compliance.customers.models import Contact
from compliance.notices.models import Announcement, Delivery, Notice
from compliance.notices.queries import Standing, with_standing

State = Delivery.State


@dataclass(frozen=True, slots=True)
class Place:
    """`label` and what it means, its colour as a pill, and how its piece of the bar is drawn."""

    code: str
    label: str
    means: str
    tone: str
    css: str


STAYS = "the old policy stays"
PLACES: Mapping[str, Place] = {
    code: Place(code, label, means, tone, css)
    for code, label, means, tone, css in (
        ("in_force", "applies", "the change applies to them", "good", "bar"),
        (
            "surely_given",
            "surely given",
            "arrived, or did not come back in 72 hours",
            "good",
            "bar",
        ),
        ("given", "given", "sent; for 72 hours it may still come back", "good", "bar bar-3"),
        ("waiting", "waiting", "the mail is not sent yet", "quiet", "bar bar-2"),
        ("retrying", "retrying", "put off by their server, tried again", "warn", "bar bar-2"),
        ("unsure", "unsure", "nobody knows whether the mail went out", "bad", "bar bar-4"),
        ("came_back", "came back", f"no such mailbox: {STAYS}", "bad", "bar bar-4"),
        ("refused", "refused", f"their server refused: {STAYS}", "bad", "bar bar-4"),
        ("no_contact", "no contact", f"nobody to write to: {STAYS}", "bad", "bar bar-4"),
        ("told", "told", "told of the withdrawal", "good", "bar"),
        ("closed", "closed", "overtaken by a withdrawal or a newer version", "quiet", "past"),
    )
}
NOT_REACHED = ("unsure", "came_back", "refused", "no_contact")


def placed(notices: QuerySet[Notice], *, now: datetime) -> QuerySet[Any]:
    """The notices, each with its `place`."""
    mails = Delivery.objects.filter(
        notice=OuterRef("pk"), purpose=Delivery.Purpose.NOTICE, channel=Delivery.Channel.MAIL
    )
    current = Contact.objects.filter(
        customer=OuterRef("customer"), role=Contact.Role.LEGAL, ended_at=None
    )
    tried = mails.filter(state__in=(State.WAITING, State.SENDING), attempts__gt=0)
    on_its_way = Q(standing=Standing.ON_ITS_WAY)
    open_ones = (Standing.NOT_GIVEN, Standing.NOT_TOLD)
    found: QuerySet[Any] = with_standing(notices, now=now).annotate(
        place=Case(
            When(on_its_way & Exists(tried), then=Value("retrying")),
            When(on_its_way, then=Value("waiting")),
            When(~Q(standing__in=open_ones), then=F("standing")),
            When(Exists(mails.filter(state=State.UNSURE)), then=Value("unsure")),
            When(~Exists(current), then=Value("no_contact")),
            When(Exists(mails.filter(state=State.BOUNCED)), then=Value("came_back")),
            When(Exists(mails.filter(state=State.REFUSED)), then=Value("refused")),
            # A contact that is new gets its mail within the minute.
            default=Value("waiting"),
            output_field=CharField(),
        )
    )
    return found


@dataclass(frozen=True, slots=True)
class Counted:
    """A place with how many customers stand there, and its piece of the bar in hundredths."""

    place: Place
    customers: int
    start: float
    width: float


def counted(made: Announcement, *, now: datetime) -> Sequence[Counted]:
    """Every place where somebody stands, in order; one query."""
    rows = placed(made.notices.order_by(), now=now).values_list("place").annotate(Count("pk"))
    numbers = dict(rows)
    whole, found, start = sum(numbers.values()), [], 0.0
    for code, place in PLACES.items():
        if number := numbers.get(code, 0):
            width = share(number, whole)
            found.append(Counted(place, number, round(start, 1), width))
            start += width
    return found
