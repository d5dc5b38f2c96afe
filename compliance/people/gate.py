"""What every request of somebody signed in passes (middleware).

Whether the session still lives is judged where it is loaded (`store.py`), so nothing that asks who
somebody is can forget it. Here it is noted as used, and the answer is kept out of caches; and staff
without a second factor are led to set one up, whatever they asked for.
"""

from __future__ import annotations

from collections.abc import Callable

from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from compliance.people import factors
from compliance.people.models import User
from compliance.people.store import GUEST_ADDRESS, STAFF, SessionStore
from retention.clock import host_now

Answer = Callable[[HttpRequest], HttpResponse]
# Where whoever set up a second factor wanted to go before (in the session).
THEN = "after_second_factor"
# What staff may open without one: the pages that set it up, and the way out.
OPEN = ("account_logout", "account_reauthenticate")


class Gate:
    """Counts idle time, keeps pages of one's own out of caches, and clears them at the end."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if getattr(request, "signed_out", False):
            response["Clear-Site-Data"] = '"cache", "storage"'
        session = request.session
        # A page that did not ask who is there is the same for everybody.
        # The API puts a key, or nobody, in a person's place.
        if not _was_asked(session) or not _is_somebody(request):
            return response
        if isinstance(session, SessionStore):
            staff = bool(session.get(STAFF)) or bool(getattr(request.user, "is_staff", False))
            session.touch(staff=staff, now=host_now())
        if "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response

    def process_view(self, request: HttpRequest, *_: object) -> HttpResponse | None:
        """Staff that must have a second factor and have none get no page but those for it."""
        if not _may_be_somebody(request) or _is_open(request):
            return None
        user, session = request.user, request.session
        if not isinstance(user, User):
            return None
        staff = bool(session.get(STAFF)) or user.is_staff or user.is_superuser
        if not factors.is_missing(user, staff=staff):
            return None
        if request.method == "GET":
            session[THEN] = request.get_full_path()
        return HttpResponseRedirect(reverse("mfa_index"))

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """To the page that asks for the password again, and back. The package would keep the whole
        request in the session for that time, form and cookies included.
        """
        if isinstance(error, ReauthenticationRequired) and request.user.is_authenticated:
            return prove_again(request.get_full_path())
        return None


def _may_be_somebody(request: HttpRequest) -> bool:
    """Without the cookie nobody is asked for, so a page for everybody stays one."""
    return bool(settings.MFA_REQUIRED and settings.SESSION_COOKIE_NAME in request.COOKIES)


def _is_open(request: HttpRequest) -> bool:
    name = (request.resolver_match.url_name if request.resolver_match else None) or ""
    return name in OPEN or name.startswith("mfa_")


def prove_again(then: str) -> HttpResponse:
    """To the page that asks for the password, and from there to `then`."""
    return redirect_to_login(then, reverse("account_reauthenticate"))


def _was_asked(session: SessionBase) -> bool:
    return bool(getattr(session, "accessed", False))


def _is_somebody(request: HttpRequest) -> bool:
    return isinstance(request.user, User) or GUEST_ADDRESS in request.session
