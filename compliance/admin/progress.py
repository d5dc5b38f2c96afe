"""How far the notices of a version have come: in numbers, and customer by customer.

Whoever is not reached stands there with the account owner, and with what can be done.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

from django.db.models import Prefetch, Q, QuerySet
from django.http import FileResponse, HttpRequest, HttpResponse

from compliance.admin import versions_page, words
from compliance.admin.progress_places import NOT_REACHED, PLACES, Place, counted, placed
from compliance.admin.versions_page import url
from compliance.notices import pack
from compliance.notices.models import Announcement, Delivery
from compliance.notices.queries import MAY_COME_BACK
from retention import clock
from retention.policies.models import PolicyVersion

ON_A_PAGE, LAST_PAGE = 50, 400
NEXT = {
    "no_contact": "Add a legal contact, or reach them by phone or letter",
    "came_back": "Add another legal contact, or reach them by phone or letter",
    "refused": "Add another legal contact, or reach them by phone or letter",
    "unsure": "Find out whether it arrived, or send it again",
    "retrying": "It is tried again by itself",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One customer of the list."""

    notice: Any
    place: Place
    mails: Sequence[str]
    given: str
    effect: str
    acknowledged: str
    next: str
    url: str


def progress_of(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """The page; `?of=withdrawal` for the mails about that. A fixed number of queries."""
    found = list(version.announcements.select_related("made_by", "entry").order_by("made_at"))
    if not found:
        why = f"{version} was never announced."
        return versions_page.refused(request, why, url("change", version))
    kind = request.GET.get("of", found[-1].kind)
    made = next((one for one in found if one.kind == kind), found[0])
    now = clock.now()
    numbers = counted(made, now=now)
    return versions_page.page(
        request,
        "progress",
        title=f"Notices of {version}",
        version=version,
        made=made,
        kinds=[(one, f"?of={one.kind}", one == made) for one in found],
        numbers=numbers,
        customers=sum(row.customers for row in numbers),
        not_reached=sum(row.customers for row in numbers if row.place.code in NOT_REACHED),
        times=_times(made),
        **_list(request, version, made, now),
    )


def _times(made: Announcement) -> Sequence[tuple[str, str, bool]]:
    """What has happened with the announcement, one after the other."""
    return [
        (f"Announced by {made.made_by}", words.instant(made.made_at), True),
        *(
            (what, words.instant(when), when is not None)
            for what, when in (
                ("Signed in the activity log", made.entry.signed_at),
                ("Sending began", made.released_at),
                ("All notices written", made.written_at),
            )
        ),
    ]


def _list(
    request: HttpRequest, version: PolicyVersion, made: Announcement, now: datetime
) -> dict[str, Any]:
    place, name = request.GET.get("place", ""), request.GET.get("customer", "").strip()[:200]
    page = _page(request)
    found = placed(made.notices.all(), now=now)
    if place == "not_reached":
        found = found.filter(place__in=NOT_REACHED)
    elif place in PLACES:
        found = found.filter(place=place)
    elif place == "acknowledged":
        found = found.filter(acknowledged_at__isnull=False)
    if name and "\0" not in name:
        found = found.filter(
            Q(customer__name__icontains=name) | Q(customer__account_owner__email__icontains=name)
        )
    first = (page - 1) * ON_A_PAGE
    rows = list(_with_everything(found)[first : first + ON_A_PAGE + 1])
    asked = {"of": made.kind, "place": place, "customer": name}
    return {
        "rows": list(_rows(version, rows[:ON_A_PAGE], now)),
        "place": place,
        "name": name,
        "places": _choices(),
        "previous": f"?{urlencode({**asked, 'p': page - 1})}" if page > 1 else "",
        "following": f"?{urlencode({**asked, 'p': page + 1})}" if len(rows) > ON_A_PAGE else "",
    }


def _page(request: HttpRequest) -> int:
    asked = request.GET.get("p", "")
    return min(max(int(asked), 1), LAST_PAGE) if asked.isdecimal() and len(asked) < 6 else 1


def _choices() -> Sequence[tuple[str, str]]:
    return [
        ("", "Everybody"),
        ("not_reached", "Not reached"),
        ("acknowledged", "Has acknowledged it"),
        *((place.code, place.label.capitalize()) for place in PLACES.values()),
    ]


def _with_everything(found: QuerySet[Any]) -> QuerySet[Any]:
    people = Delivery.objects.filter(purpose=Delivery.Purpose.NOTICE).exclude(
        channel=Delivery.Channel.WEBHOOK
    )
    return (
        found.select_related("customer__account_owner", "activation")
        .defer("text", "html")
        .prefetch_related(Prefetch("deliveries", people.order_by("address"), to_attr="mails"))
        .order_by("customer__name", "pk")
    )


def _rows(version: PolicyVersion, notices: Sequence[Any], now: datetime) -> Iterator[Row]:
    for notice in notices:
        given = notice.activation
        yield Row(
            notice,
            PLACES[notice.place],
            [f"{mail.address}: {said(mail, now)}" for mail in notice.mails],
            words.day(given.given_on) if given else words.NOTHING,
            words.day(given.effective_on) if given else words.NOTHING,
            words.instant(notice.acknowledged_at),
            NEXT.get(notice.place, ""),
            url("notice", version, notice.pk),
        )


def said(delivery: Delivery, now: datetime) -> str:
    """What became of one mail or talk, in words."""
    if delivery.channel == Delivery.Channel.MANUAL:
        return "reached in person"
    if delivery.state == Delivery.State.WAITING and delivery.attempts:
        return f"tried {delivery.attempts} time{'s' if delivery.attempts > 1 else ''}, tried again"
    if delivery.state == Delivery.State.SENT and delivery.sent_at:
        sure = now >= delivery.sent_at + MAY_COME_BACK
        return "sent, has not come back" if sure else "sent"
    return str(delivery.get_state_display())


def evidence(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """The evidence pack of the version, as a file."""
    if not version.announcements.exists():
        why = f"{version} was never announced: there is nothing to prove."
        return versions_page.refused(request, why, url("change", version))
    name = f"version-{version.number}-evidence.zip"
    # Read in a snapshot of its own, and sent piece by piece.
    file = FileResponse(pack.build(version, now=clock.now()), as_attachment=True, filename=name)
    return cast(HttpResponse, file)
