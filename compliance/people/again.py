"""Dangerous steps: the password or second factor within the last five minutes, else once more.

A form that comes too late is not kept and not sent again by itself: nobody presses a button that
they cannot see. Whoever it was proves themselves, comes back to the page, and presses it again.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from allauth.account import app_settings
from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.http import HttpRequest, HttpResponse

from compliance.people.gate import prove_again
from compliance.people.models import User
from retention.clock import host_now

NOTHING_DONE = "Nothing was done yet. Sign in again, then press the button again."
SAFE = ("GET", "HEAD", "OPTIONS")
View = Callable[..., HttpResponse]


def is_fresh(request: HttpRequest) -> bool:
    """Whether this session gave its password or second factor within the last five minutes.

    Signing in counts: it asked for both.
    """
    if not isinstance(request.user, User):
        return False
    records = get_authentication_records(request, request.user)
    if not records:
        return False
    passed = host_now().timestamp() - float(records[-1]["at"])
    return bool(0 <= passed < app_settings.REAUTHENTICATION_TIMEOUT)


def refuse_stale(request: HttpRequest, *, back: str = "") -> HttpResponse | None:
    """The way to prove oneself and come back to `back` (this page); None when that is not due."""
    if request.method in SAFE or is_fresh(request):
        return None
    messages.warning(request, NOTHING_DONE)
    return prove_again(back or request.get_full_path())


def again(view: View) -> View:
    """For views whose POST is dangerous, and whose GET shows the same page."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return refuse_stale(request) or view(request, *args, **kwargs)

    return guarded
