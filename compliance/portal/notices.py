"""What the customer was told, word for word, and what it answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from compliance.customers.visitors import Visitor
from compliance.errors import ComplianceError
from compliance.notices import answer, own
from compliance.notices.own import LONGEST_OBJECTION, OwnNotice
from compliance.portal import door
from retention import clock

ON_A_PAGE = 50


@require_safe
@door.opened
def listed(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """All of them, the newest first."""
    found = own.notices(visitor.customer.pk, today=clock.today(), limit=ON_A_PAGE)
    return door.page(request, visitor, "notices", {"notices": found})


@require_safe
@door.opened
def one(request: HttpRequest, visitor: Visitor, notice: UUID) -> HttpResponse:
    """One of them, with what can be answered."""
    found = _own(visitor, notice)
    return door.page(request, visitor, "notice", {"own": found, "longest": LONGEST_OBJECTION})


@require_safe
@door.opened
def as_text(request: HttpRequest, visitor: Visitor, notice: UUID) -> HttpResponse:
    """To keep: exactly what was sent."""
    found = _own(visitor, notice).notice
    name = f"notice-{found.published_at:%Y-%m-%d}-version-{found.announcement.version.number}.txt"
    response = HttpResponse(
        f"{found.subject}\n\n{found.text}", content_type="text/plain; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_POST
@door.opened
def acknowledge(request: HttpRequest, visitor: Visitor, notice: UUID) -> HttpResponse:
    """It was read."""
    door.speaker(visitor)
    found = _own(visitor, notice)
    verb = answer.acknowledge
    if _taken(request, verb, found, by=visitor.actor, now=clock.now()):
        messages.success(request, "Noted: you have read this notice.")
    return _back(found)


@require_POST
@door.opened
def object_to(request: HttpRequest, visitor: Visitor, notice: UUID) -> HttpResponse:
    """The customer does not agree."""
    door.speaker(visitor)
    found = _own(visitor, notice)
    text = request.POST.get("text", "").replace("\x00", "")
    if len(text) > LONGEST_OBJECTION:
        messages.error(request, f"At most {LONGEST_OBJECTION:,} characters. Nothing was sent yet.")
        words = {"own": found, "longest": LONGEST_OBJECTION, "typed": text}
        return door.page(request, visitor, "notice", words, status=400)
    if _taken(request, answer.object_to, found, by=visitor.actor, text=text, now=clock.now()):
        messages.success(
            request,
            "Your objection is in. Until it is decided, whichever of both policies keeps less"
            " applies to you.",
        )
    return _back(found)


def _taken(
    request: HttpRequest, verb: Callable[..., object], found: OwnNotice, **given: Any
) -> bool:
    """True if it was done; what stands in the way is said."""
    try:
        return bool(verb(found.notice, **given))
    except ComplianceError as refusal:
        messages.warning(request, str(refusal))
        return False


def _own(visitor: Visitor, notice: UUID) -> OwnNotice:
    found = own.notice(visitor.customer.pk, notice, today=clock.today())
    if found is None:
        raise Http404
    return found


def _back(found: OwnNotice) -> HttpResponse:
    return HttpResponseRedirect(reverse("portal_notice", args=[found.notice.pk]))
