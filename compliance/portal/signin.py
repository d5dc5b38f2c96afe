"""How contacts get in: their address, then the code that was mailed to it.

What is answered, and how much work it takes, is the same for every address: whether there is
anybody to write to is looked up after the answer (`people/guests.py`).
"""

from __future__ import annotations

from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from compliance.customers.visitors import choose as choose_customer
from compliance.customers.visitors import is_contact, visitors
from compliance.people import codes, guests, known, notify
from compliance.people.models import User
from compliance.portal import door

THEN = "portal_then"
WRONG = (
    "This code is not right, or does not hold any more. A code holds for ten minutes and for three"
    " tries, in the browser in which it was asked for."
)
TOO_OFTEN_ASKED = "Too many codes were asked for. Wait a quarter of an hour, then ask again."
TOO_OFTEN_TYPED = "Too many codes were typed. Wait a minute, then try again."


class AddressForm(forms.Form):
    """Whose mail will be read."""

    email = forms.EmailField(
        label="Your e-mail address",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )


class CodeForm(forms.Form):
    """What was in it."""

    code = forms.CharField(
        label="Code",
        max_length=4 * codes.DIGITS,
        help_text=f"{codes.DIGITS} digits; gaps do not matter.",
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric"}),
    )


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for a code."""
    form = AddressForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        if guests.ask(request, form.cleaned_data["email"], tell):
            request.session[THEN] = _wanted(request)
            return HttpResponseRedirect(reverse("portal_code"))
        form.add_error(None, TOO_OFTEN_ASKED)
        status = 429
    return _shown(request, "sign_in", form, status)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: HttpRequest) -> HttpResponse:
    """Type it."""
    if guests.waits_for(request) is None:
        return HttpResponseRedirect(reverse("portal_sign_in"))
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        wanted = door.then(request, request.session.get(THEN))
        try:
            guest = guests.enter(request, form.cleaned_data["code"])
        except guests.TooOften:
            guest, status = None, 429
        if guest:
            response = HttpResponseRedirect(wanted)
            known.mark(response, guest.email)
            return response
        form.add_error("code", WRONG if status == 200 else TOO_OFTEN_TYPED)
    return _shown(request, "code", form, status)


def tell(email: str, code: str) -> None:
    """The code for a contact; for whoever has a login the way to it; for anybody else nothing."""
    words = {"code": f"{code[:4]} {code[4:]}", "address": settings.PUBLIC_URL}
    if User.objects.filter(email=email, is_active=True).exists():
        notify.send("portal/email/login", email, words)
    elif is_contact(email):
        notify.send("portal/email/code", email, words)


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def choose(request: HttpRequest) -> HttpResponse:
    """For which customer, where there are several."""
    if refused := door.refuse(request):
        return refused
    found = visitors(request)
    wanted = _wanted(request)
    if request.method == "POST":
        if choose_customer(request, found, _uuid(request.POST.get("customer", ""))):
            return HttpResponseRedirect(wanted)
        messages.warning(request, "Choose one of these.")
    return render(request, "portal/choose.html", {"found": found, "next": wanted})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """For guests; logins have their own way."""
    if guests.of(request):
        guests.leave(request)
        messages.info(request, "You are signed out.")
    return HttpResponseRedirect(reverse("portal_sign_in"))


def _wanted(request: HttpRequest) -> str:
    return door.then(request, request.POST.get("next") or request.GET.get("next"))


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        return UUID(int=0)


def _shown(
    request: HttpRequest, template: str, form: forms.Form, status: int = 200
) -> HttpResponse:
    words = {"form": form, "next": _wanted(request)}
    if template == "code":
        words["address"] = guests.waits_for(request)
    return render(request, f"portal/{template}.html", words, status=status)
