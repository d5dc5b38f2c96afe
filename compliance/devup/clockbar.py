"""The bar that moves a demonstration's clock, on every page of a demonstration state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.db import transaction
from django.db.models import Min
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.functional import SimpleLazyObject
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from retention import clock
from retention.errors import ClockRefused
from retention.expiry import partitions
from retention.records.models import Cell

STEPS: Mapping[str, int] = {"1": 1, "7": 7, "31": 31}
NEXT_DELETION = "next"


@dataclass(frozen=True, slots=True)
class Bar:
    """What the bar shows: the demonstration's date, and the next date on which anything goes."""

    today: date
    next_deletion: date | None


def clock_bar(request: HttpRequest) -> dict[str, object]:
    """For every page of a demonstration; looked up only if the page shows it."""
    return {"clock_bar": SimpleLazyObject(_bar)} if settings.DEMO else {}


def _bar() -> Bar:
    today = clock.today()
    return Bar(today, next_deletion(today))


def next_deletion(today: date) -> date | None:
    """The first deletion date after today, or None when nothing is kept."""
    kept = Cell.objects.filter(state=Cell.State.OPEN, expires_on__gt=today)
    found: date | None = kept.aggregate(day=Min("expires_on"))["day"]
    return found


@require_POST
def move(request: HttpRequest) -> HttpResponse:
    """Move the clock by the button that was pressed, and go back to the page it was pressed on.

    404 outside a demonstration; visitors who are not signed in are sent to sign in.
    """
    if not settings.DEMO:
        raise Http404
    back = _back(request)
    if not request.user.is_authenticated:
        return redirect_to_login(back)
    try:
        moved = _advance(request.POST.get("step", ""))
    except ClockRefused as refusal:
        messages.error(request, str(refusal))
        return HttpResponseRedirect(back)
    messages.success(
        request,
        f"The demonstration's date is now {moved.day} {moved:%B %Y}. What was due by then is "
        "unreadable at once and removed within a minute or two.",
    )
    return HttpResponseRedirect(back)


@transaction.atomic
def _advance(step: str) -> date:
    """To the new date, with its partitions: a day that cannot be stored is never today."""
    if step in STEPS:
        moved = clock.advance(by=timedelta(days=STEPS[step])).date()
    elif step == NEXT_DELETION:
        moved = clock.advance(to=_next_deletion()).date()
    else:
        raise ClockRefused("Press one of the buttons.")
    partitions.ensure(moved)
    return moved


def _next_deletion() -> date:
    day = next_deletion(clock.today())
    if day is None:
        raise ClockRefused("Nothing is kept, so there is no next deletion.")
    return day


def _back(request: HttpRequest) -> str:
    page = request.POST.get("back", "")
    allowed = url_has_allowed_host_and_scheme(
        page, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return page if allowed else "/"
