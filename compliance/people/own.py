"""The pages about one's own login: what it is, and where it is signed in."""

from __future__ import annotations

from typing import cast
from uuid import UUID

from allauth.account.internal.flows.reauthentication import did_recently_reauthenticate
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from compliance.people import gate, sessions
from compliance.people.limits import limits
from compliance.people.models import User


@require_safe
@login_required
def listed(request: HttpRequest) -> HttpResponse:
    """Where this login is signed in, and the buttons that end it there."""
    user = cast(User, request.user)
    found = list(sessions.open_sessions(user))
    words = {
        "sessions": found,
        "own": sessions.own(request),
        "others": len(found) > 1,
        **_limits_in_words(user),
    }
    return render(request, "account/sessions.html", words)


def _limits_in_words(user: User) -> dict[str, str]:
    held = limits(staff=sessions.is_staff(user))
    days, hours = divmod(int(held.absolute.total_seconds()) // 3600, 24)
    return {
        "idle": f"{int(held.idle.total_seconds()) // 60} minutes",
        "absolute": f"{days} days" if days else f"{hours} hours",
    }


@require_POST
@login_required
def end_one(request: HttpRequest, session: UUID) -> HttpResponse:
    """End one of them, after the password was given once more."""
    if not did_recently_reauthenticate(request):
        return gate.prove_again(reverse("account_sessions"))
    ended = sessions.end(cast(User, request.user), session)
    if ended:
        messages.success(request, "That session was ended.")
    else:
        messages.info(request, "That session had ended already.")
    return HttpResponseRedirect(reverse("account_sessions"))


@require_POST
@login_required
def end_others(request: HttpRequest) -> HttpResponse:
    """End all but this one, after the password was given once more."""
    if not did_recently_reauthenticate(request):
        return gate.prove_again(reverse("account_sessions"))
    ended = sessions.end_others(cast(User, request.user), but=sessions.own(request))
    messages.success(request, f"Sessions ended: {ended}. You are signed in here only.")
    return HttpResponseRedirect(reverse("account_sessions"))
