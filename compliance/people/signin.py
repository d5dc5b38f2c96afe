"""How people get in: by invitation only, with address and password.

What is answered, and when, is the same whether a login exists or not; `docs/security.md` says what
was done about it.
"""

from __future__ import annotations

from typing import Any

import structlog
from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import ratelimit
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse

from compliance.people import again, known, links
from compliance.people.models import User, lower_case

log = structlog.get_logger("compliance.people")


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in without sign-up: logins are made by staff, or by a customer's admin."""

    error_messages = {
        **DefaultAccountAdapter.error_messages,
        "email_password_mismatch": "This address and this password do not belong together.",
        "too_many_login_attempts": "Too many tries. Wait five minutes, or ask for a new password.",
        "incorrect_password": "This is not your password.",
        "enter_current_password": "This is not your current password.",
    }

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes a login for themselves."""
        return False

    def format_email_subject(self, subject: str) -> str:
        """The subject as it is written in the template, without the host's name before it."""
        return subject

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The login, if it may be used. One that is switched off is answered like a wrong password:
        whoever tries passwords learns nothing.
        """
        user: User | None = super().authenticate(request, **credentials)
        if user is None or not user.is_active:
            log.info("sign_in_refused")
            return None
        return user

    def is_reauthentication_required(self, *, app: str, **_: Any) -> bool:
        """For second factors: unless the password was given within the last five minutes."""
        return not again.is_fresh(self.request)

    def reauthenticate(self, user: User, password: str) -> bool:
        """The password once more, counted like signing in."""
        request = self.request
        return self.authenticate(request, email=user.email, password=password) == user

    def pre_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse | None:
        """Nobody gets in with a password that somebody else chose: it leads to a new one."""
        response: HttpResponse | None = super().pre_login(request, user, **options)
        if response is None and user.password_is_initial:
            return HttpResponseRedirect(links.path_for(user))
        return response

    def set_password(self, user: User, password: str) -> None:
        """One that its own person chose."""
        user.password_is_initial = False
        super().set_password(user, password)

    def post_login(self, request: HttpRequest, user: User, **options: Any) -> HttpResponse:
        """Where to go on; the browser is known from now on."""
        response: HttpResponse = super().post_login(request, user, **options)
        known.mark(response, user.email)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """Those who may open the administration begin with its first page, "Today"."""
        if getattr(request.user, "is_staff", False):
            return reverse("admin:index")
        return str(super().get_login_redirect_url(request))

    def send_notification_mail(self, *_: Any, **__: Any) -> None:
        """Not from here: `notify.py` hears of every change, also of those made elsewhere."""

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        return known.counted_as(request, lower_case(credentials.get("email", "")))


def unlock(*, request: HttpRequest, user: User, **_: object) -> None:
    """Forget wrong passwords: this login's person has just proved to read its mail."""
    for name in {user.email, known.counted_as(request, user.email)}:
        ratelimit.clear(request, action="login_failed", key=name)
