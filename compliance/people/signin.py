"""How people get in: by invitation only, with address and password."""

from __future__ import annotations

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Sign-in without sign-up: logins are made by staff, or by a customer's admin."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Nobody makes a login for themselves."""
        return False

    def format_email_subject(self, subject: str) -> str:
        """The subject as it is written in the template, without the host's name before it."""
        return subject
