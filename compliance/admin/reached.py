"""One customer's notice: its words, every way it was sent, and what a person can do about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse

from compliance.admin import versions_page, words
from compliance.admin.progress import NEXT, said
from compliance.admin.progress_places import PLACES, placed
from compliance.admin.versions_page import ANNOUNCE, url
from compliance.notices import reach
from compliance.notices.models import Announcement, Delivery, Notice
from compliance.people.acting import acting
from retention import clock
from retention.errors import RetentionError
from retention.policies.models import PolicyVersion

LONGEST = 2_000
WAYS = (("phone", "By phone"), ("letter", "By letter"))


def notice(request: HttpRequest, version: PolicyVersion, notice: UUID) -> HttpResponse:
    """The page; POST writes down that the customer was reached, or sends a mail again."""
    about = Notice.objects.filter(announcement__version=version)
    found = get_object_or_404(
        placed(about, now=clock.now()).select_related(
            "announcement", "customer__account_owner", "activation"
        ),
        pk=notice,
    )
    if request.method == "POST":
        versions_page.demand(request, ANNOUNCE)
        return _act(request, version, found)
    return _page(request, version, found)


def _act(request: HttpRequest, version: PolicyVersion, found: Any) -> HttpResponse:
    here = url("notice", version, found.pk)
    by, now = acting(request), clock.now()
    try:
        if request.POST.get("do") == "again":
            mail = get_object_or_404(found.deliveries, pk=_id(request.POST.get("delivery", "")))
            reach.send_again(mail, by=by, now=now)
            return versions_page.done(request, f"{mail.address}: it is sent again.", here)
        way, evidence = request.POST.get("way", ""), request.POST.get("evidence", "")[:LONGEST]
        reach.reached(found, way=way, evidence=evidence, by=by, now=now)
    except RetentionError as refusal:
        return versions_page.refused(request, refusal, here)
    return versions_page.done(request, f"Written down: {found.customer} was reached today.", here)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _page(request: HttpRequest, version: PolicyVersion, found: Any) -> HttpResponse:
    given = found.activation
    change = found.announcement.kind == Announcement.Kind.CHANGE
    return versions_page.page(
        request,
        "notice",
        title=f"Notice to {found.customer}",
        version=version,
        trail=[
            (f"Notices of {version}", f"{url('progress', version)}?of={found.announcement.kind}")
        ],
        notice=found,
        place=PLACES[found.place],
        next=NEXT.get(found.place, ""),
        given=words.day(given.given_on) if given else "",
        effect=words.deletion_date(given.effective_on) if given else "",
        published=words.instant(found.published_at),
        acknowledged=words.instant(found.acknowledged_at),
        attempts=list(_attempts(found)),
        objections=list(found.objections.order_by("-made_at")),
        may_act=request.user.has_perm(ANNOUNCE) and change and not found.closed_at,
        ways=WAYS,
        add_contact=f"{reverse('admin:compliance_contact_add')}?customer={found.customer.pk}&role=legal",
    )


def _attempts(found: Any) -> Iterator[dict[str, Any]]:
    """Each mail, post and talk, with what was heard of it."""
    now = clock.now()
    for one in found.deliveries.prefetch_related("events").select_related("made_by"):
        yield {
            "delivery": one,
            "said": said(one, now),
            "sent": words.instant(one.sent_at),
            "settled": words.instant(one.settled_at),
            "heard": _heard(one),
            "may_resend": one.state == Delivery.State.UNSURE
            and one.channel == Delivery.Channel.MAIL,
        }


def _heard(delivery: Delivery) -> Sequence[str]:
    events = sorted(delivery.events.all(), key=lambda event: event.heard_at)
    return [
        f"{event.get_kind_display()}, {words.instant(event.heard_at)}"
        f" (from {'a returned mail' if event.source == 'dsn' else event.source})"
        for event in events
    ]
