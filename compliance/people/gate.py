"""What every request of somebody signed in passes (middleware).

Whether the session still lives is judged where it is loaded (`store.py`), so nothing that asks who
somebody is can forget it. Here it is noted as used, and the answer is kept out of caches.
"""

from __future__ import annotations

from collections.abc import Callable

from allauth.core.exceptions import ReauthenticationRequired
from django.contrib.auth.views import redirect_to_login
from django.contrib.sessions.backends.base import SessionBase
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.cache import add_never_cache_headers

from compliance.people.models import User
from compliance.people.store import STAFF, SessionStore
from retention.clock import host_now

Answer = Callable[[HttpRequest], HttpResponse]


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
        if not _was_asked(session) or not isinstance(request.user, User):
            return response
        if isinstance(session, SessionStore):
            staff = bool(session.get(STAFF)) or request.user.is_staff
            session.touch(staff=staff, now=host_now())
        if "Cache-Control" not in response:
            add_never_cache_headers(response)
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """To the page that asks for the password again, and back. The package would keep the whole
        request in the session for that time, form and cookies included.
        """
        if isinstance(error, ReauthenticationRequired) and request.user.is_authenticated:
            return prove_again(request.get_full_path())
        return None


def prove_again(then: str) -> HttpResponse:
    """To the page that asks for the password, and from there to `then`."""
    return redirect_to_login(then, reverse("account_reauthenticate"))


def _was_asked(session: SessionBase) -> bool:
    return bool(getattr(session, "accessed", False))
