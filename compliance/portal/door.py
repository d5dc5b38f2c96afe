"""Who gets in: members and contacts, each for one customer; staff never.

A view gets its visitor as an argument, and has no other way to know a customer: so every query
begins with it, and another customer's ids find nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from compliance.customers.visitors import Visitor, chosen, is_staff, visitors
from compliance.people import guests

Given = ParamSpec("Given")
View = Callable[Concatenate[HttpRequest, Visitor, Given], HttpResponse]
ENDED = "Your address is no longer among the contacts of any customer, so you were signed out."


def opened(view: View[Given]) -> Callable[Concatenate[HttpRequest, Given], HttpResponse]:
    """A page of the portal: with a visitor, or the way to become one."""

    def door(request: HttpRequest, /, *args: Given.args, **kwargs: Given.kwargs) -> HttpResponse:
        if refused := refuse(request):
            return refused
        found = visitors(request)
        visitor = chosen(request, found)
        if visitor is None:
            return _nobody(request) if not found else _to(request, "portal_choose")
        request.several_customers = len(found) > 1  # type: ignore[attr-defined]
        return view(request, visitor, *args, **kwargs)

    # Typed by hand: the wrapped view has an argument more than its wrapper.
    door.__name__, door.__doc__, door.__module__ = view.__name__, view.__doc__, view.__module__
    return door


def refuse(request: HttpRequest) -> HttpResponse | None:
    """The answer to strangers and to staff; None for anybody else."""
    if not request.user.is_authenticated and guests.of(request) is None:
        return _to(request, "portal_sign_in")
    return render(request, "portal/staff.html", status=403) if is_staff(request) else None


def speaker(visitor: Visitor) -> None:
    """Raises `PermissionDenied` for whoever may only look."""
    if not visitor.speaks:
        raise PermissionDenied


def decider(visitor: Visitor) -> None:
    """Raises `PermissionDenied` for everybody but the customer's admins."""
    if not visitor.decides:
        raise PermissionDenied


def page(
    request: HttpRequest,
    visitor: Visitor,
    template: str,
    words: Mapping[str, Any],
    status: int = 200,
) -> HttpResponse:
    """The template with the visitor around it."""
    around = {"visitor": visitor, "several": getattr(request, "several_customers", False)}
    return render(request, f"portal/{template}.html", {**around, **words}, status=status)


def then(request: HttpRequest, wanted: str | None) -> str:
    """A page of the portal to go on to: the one that was wanted, if it is ours."""
    home = reverse("portal_home")
    allowed = url_has_allowed_host_and_scheme(
        wanted or "", allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return wanted if wanted and allowed and wanted.startswith(home) else home


def _nobody(request: HttpRequest) -> HttpResponse:
    """Somebody who is signed in and acts for no customer, or for none any more."""
    if guests.of(request) is None:
        return render(request, "portal/nobody.html", status=403)
    guests.leave(request)
    messages.warning(request, ENDED)
    return HttpResponseRedirect(reverse("portal_sign_in"))


def _to(request: HttpRequest, name: str) -> HttpResponse:
    wanted = request.get_full_path() if request.method in ("GET", "HEAD") else None
    return redirect_to_login(then(request, wanted), reverse(name))
