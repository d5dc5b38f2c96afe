"""The demonstration's mailbox as pages: every mail that was sent, so that all of it can be shown.

Codes and links that set passwords are in it, so it is there in demonstration states only, which
answer this machine alone. The HTML of a mail is shown in a frame that may do nothing: no script, no
form, nothing from elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp, csp_update
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from compliance.devup import letters
from compliance.devup.letters import Letter
from compliance.mail.server import has_mail_server

View = Callable[..., HttpResponseBase]
ON_A_PAGE = 50
# A frame of another document, without rights of its own: its style is the mail's.
FRAMED = {
    "default-src": [NONE],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [SELF],
    "sandbox": True,
}
NOTHING = {"default-src": [NONE], "sandbox": True}


def demonstration(view: View) -> View:
    """404 anywhere else."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not settings.DEMO:
            raise Http404
        return never_cache(view)(request, *args, **kwargs)

    return require_safe(guarded)


@demonstration
def listed(request: HttpRequest) -> HttpResponse:
    """All of them, the newest first; `to` looks for an address."""
    to = request.GET.get("to", "").strip()[:254]
    page = request.GET.get("page", "1")
    number = max(1, int(page)) if page.isascii() and page.isdecimal() and len(page) < 7 else 1
    found = letters.listed(to=to, first=(number - 1) * ON_A_PAGE, most=ON_A_PAGE + 1)
    words = {
        "mails": found[:ON_A_PAGE],
        "to": to,
        "newer": number - 1,
        "elsewhere": has_mail_server(),
        "older": number + 1 if len(found) > ON_A_PAGE else 0,
    }
    return render(request, "demo/mailbox.html", words)


@csp_update({"frame-src": [SELF]})
@demonstration
def one(request: HttpRequest, name: str) -> HttpResponse:
    """One mail: headers, text, HTML, what came with it."""
    return render(request, "demo/mail.html", {"mail": _letter(name)})


@xframe_options_sameorigin
@csp(FRAMED)
@demonstration
def html(request: HttpRequest, name: str) -> HttpResponse:
    """Its HTML, for the frame."""
    return HttpResponse(_letter(name).html)


@csp(NOTHING)
@demonstration
def attachment(request: HttpRequest, name: str, number: int) -> HttpResponse:
    """One file of it, to keep and never to run here."""
    found = letters.attached(name, number)
    if found is None:
        raise Http404
    response = HttpResponse(found[1], content_type="application/octet-stream")
    response.headers["Content-Disposition"] = "attachment"
    safe = "".join(letter for letter in found[0] if letter.isalnum() or letter in "._-")
    if safe.isascii() and safe:
        response.headers["Content-Disposition"] = f'attachment; filename="{safe}"'
    return response


def _letter(name: str) -> Letter:
    found = letters.letter(name)
    if found is None:
        raise Http404
    return found
