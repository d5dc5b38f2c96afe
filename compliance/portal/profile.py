"""Choosing how little is kept. What would go is shown first; then the customer's name is typed.

Danger: what goes does not come back. Only an admin of the customer, who has just proved to be that
person, takes this step; the way back binds only what comes in from the next UTC day on.
"""

from __future__ import annotations

from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from compliance.customers.visitors import Visitor
from compliance.people.gate import prove_again
from compliance.portal import door
from retention import clock
from retention.clock import host_now
from retention.expiry import profiles
from retention.expiry.profiles import Choice
from retention.policies import queries
from retention.policies.models import CLASSES
from retention.policies.rules import Profile

NAMES = {Profile.STANDARD: "Standard", Profile.MINIMAL: "Keep as little as possible"}


@require_http_methods(["GET", "HEAD", "POST"])
@door.opened
def choose(request: HttpRequest, visitor: Visitor, name: str) -> HttpResponse:
    """What the choice would do; then, typed and pressed, it is done."""
    door.decider(visitor)
    profile = _profile(name)
    if profile is profiles.current(queries.terms(visitor.customer.pk)):
        messages.info(request, f"Nothing was done: “{NAMES[profile]}” is what you have chosen.")
        return HttpResponseRedirect(reverse("portal_policy"))
    typed = " ".join(request.POST.get("typed", "").split())
    if request.method == "POST" and typed == " ".join(visitor.customer.name.split()):
        return _taken(request, visitor, profile)
    asked = request.method == "POST"
    choice = profiles.preview(visitor.customer.pk, profile, today=clock.today())
    words = {**_words(choice), "typed": typed, "wrong": asked}
    return door.page(request, visitor, "profile", words, status=400 if asked else 200)


def _taken(request: HttpRequest, visitor: Visitor, profile: Profile) -> HttpResponse:
    if not _is_fresh(request):
        messages.warning(request, "Nothing was done yet. Give your password, then confirm again.")
        return prove_again(request.get_full_path())
    choice = profiles.choose(visitor.customer.pk, profile, by=visitor.actor, now=clock.now())
    messages.success(request, _done(choice))
    return HttpResponseRedirect(reverse("portal_policy"))


def _is_fresh(request: HttpRequest) -> bool:
    """Password or second factor were given within five minutes; signing in counts."""
    records = get_authentication_records(request, request.user)
    passed = host_now().timestamp() - float(records[-1]["at"]) if records else -1.0
    return bool(0 <= passed < app_settings.REAUTHENTICATION_TIMEOUT)


def _done(choice: Choice) -> str:
    if choice.profile is Profile.STANDARD:
        return f"From {choice.first_day:%-d %b %Y} on the standard periods apply to what comes in."
    moved = choice.moved
    return (
        f"As little as possible is kept from now on. {moved.items:,} items are deleted earlier:"
        f" {moved.due:,} of them are unreadable now."
    )


def _words(choice: Choice) -> dict[str, Any]:
    kinds = [(kind, choice.moved.by_class[value]) for value, kind in CLASSES]
    return {
        "choice": choice,
        "name": NAMES[choice.profile],
        "is_minimal": choice.profile is Profile.MINIMAL,
        "kinds": [(kind, number) for kind, number in kinds if number],
        "later": choice.moved.items - choice.moved.due,
    }


def _profile(name: str) -> Profile:
    try:
        return Profile(name)
    except ValueError:
        raise Http404 from None
