"""The policy as it applies to this customer, and each of its versions in full."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from compliance.customers.visitors import Visitor
from compliance.notices import own
from compliance.notices.wording import wording
from compliance.portal import door, rules
from retention import clock
from retention.policies import queries
from retention.policies.history import bindings


@require_safe
@door.opened
def home(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """What applies now, what comes and when, what waits for an answer."""
    today = clock.today()
    waiting = [
        one for one in own.notices(visitor.customer.pk, today=today, limit=20) if one.is_open
    ]
    words = {"now": _now(visitor), "today": today, "waiting": waiting}
    return door.page(request, visitor, "home", words)


@require_safe
@door.opened
def policy(request: HttpRequest, visitor: Visitor) -> HttpResponse:
    """The whole of it."""
    now = _now(visitor)
    words = {
        "now": now,
        "today": clock.today(),
        "text": wording(now.in_force.version.text) if now.in_force else "",
    }
    return door.page(request, visitor, "policy", words)


@require_safe
@door.opened
def version(request: HttpRequest, visitor: Visitor, number: int) -> HttpResponse:
    """One version that binds, bound or will bind this customer."""
    for past in _now(visitor).history:
        if past.binding.version.number == number:
            words = {"past": past, "text": wording(past.binding.version.text)}
            return door.page(request, visitor, "version", words)
    raise Http404


def _now(visitor: Visitor) -> rules.Now:
    today, customer = clock.today(), visitor.customer.pk
    return rules.now(bindings(customer, today=today), queries.terms(customer), today=today)
