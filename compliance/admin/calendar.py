"""What is to come, day by day: for whom a version takes effect, and which exceptions end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import Count, OuterRef, Subquery, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse
from icalendar import Calendar, Event

from compliance.admin import site, versions_page, words
from compliance.admin.versions_page import LOOK, url
from compliance.customers.models import Customer
from retention import clock
from retention.policies.models import Activation, PolicyVersion, Stay

DAYS, NAMED = 400, 20


@dataclass(slots=True)
class Coming:
    """One version on one day: for how many it takes effect, and the first of them by name."""

    day: date
    version: PolicyVersion
    customers: int
    names: list[str] = field(default_factory=list)

    @property
    def when(self) -> str:
        """The day in words."""
        return words.deletion_date(self.day)

    @property
    def url(self) -> str:
        """The page of the version."""
        return url("change", self.version)

    @property
    def more(self) -> int:
        """How many are not named."""
        return self.customers - len(self.names)

    @property
    def what(self) -> str:
        """In a line, without anybody's name."""
        whom = f"{self.customers:,} customer{'' if self.customers == 1 else 's'}"
        return f"{self.version} of the policy takes effect for {whom}"


def ahead(request: HttpRequest) -> HttpResponse:
    """The page; a fixed number of queries."""
    today = clock.today()
    found = coming(today)
    _name(found, today)
    ending = Stay.objects.filter(last_day__gte=today).order_by("last_day")[:DAYS]
    return versions_page.page(
        request,
        "ahead",
        title="What takes effect when",
        found=found,
        today=words.day(today),
        stays=_stays(ending),
        download=url("dates"),
    )


def coming(today: date) -> Sequence[Coming]:
    """Each day and version from tomorrow on, the next day first; two queries."""
    found = (
        _ahead(today)
        .values_list("effective_on", "version")
        .annotate(Count("pk"))
        .order_by("effective_on", "version__number")[:DAYS]
    )
    rows = list(found)
    versions = PolicyVersion.objects.in_bulk({version for _, version, _ in rows})
    return [Coming(day, versions[version], number) for day, version, number in rows]


def _ahead(today: date) -> Any:
    return Activation.objects.filter(voided_at=None, effective_on__gt=today)


def _name(found: Sequence[Coming], today: date) -> None:
    """Put the first names to each day."""
    places = {(one.day, one.version.pk): one for one in found}
    name = Customer.objects.filter(pk=OuterRef("customer_id")).values("name")
    day = Window(RowNumber(), partition_by=["effective_on", "version"], order_by=["name", "pk"])
    rows = _ahead(today).annotate(name=Subquery(name), place=day).filter(place__lte=NAMED)
    for row in rows.order_by("name", "pk").values_list("effective_on", "version", "name"):
        if one := places.get(row[:2]):
            one.names.append(row[2] or "unknown customer")


def _stays(found: Iterable[Stay]) -> Sequence[tuple[str, Stay, str]]:
    """Exceptions that end: the day, the stay, and whose it is."""
    rows = list(found.select_related("version", "kept"))  # type: ignore[attr-defined]
    names = dict(
        Customer.objects.filter(pk__in=[one.customer_id for one in rows]).values_list("pk", "name")
    )
    return [
        (words.day(one.last_day), one, names.get(one.customer_id, "unknown customer"))
        for one in rows
    ]


def download(request: HttpRequest) -> HttpResponse:
    """The same for a calendar program: whole days, numbers only, nobody's name."""
    body = calendar_of(coming(clock.today()), now=clock.now()).to_ical()
    answer = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="policy-dates.ics"'
    return answer


def calendar_of(found: Iterable[Coming], *, now: datetime) -> Calendar:
    """An event for each; its UID stays the same, so that a second import changes the first."""
    made = Calendar()
    made.add("prodid", "-//Sandglass//policy//EN")
    made.add("version", "2.0")
    for one in found:
        event = Event()
        event.add("uid", f"policy-{one.version.number}-{one.day.isoformat()}@sandglass")
        event.add("dtstamp", now.astimezone(UTC))
        event.add("dtstart", one.day)
        event.add("dtend", one.day + timedelta(days=1))
        event.add("summary", one.what)
        event.add("description", f"At 00:00 UTC. {settings.PUBLIC_URL}{one.url}")
        event.add("transp", "TRANSPARENT")
        made.add_component(event)
    return made


site.page(
    "policy/ahead/",
    ahead,
    name="ahead",
    title="What takes effect when",
    task="policy",
    right=LOOK,
)
