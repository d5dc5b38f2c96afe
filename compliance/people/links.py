"""Links that set a new password: once, for an hour, and only while the login may be used."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.contrib.auth.tokens import PasswordResetTokenGenerator
from django.urls import reverse

from compliance.people.models import User


class Tokens(PasswordResetTokenGenerator):
    """Void after a new password, a sign-in, another address, or being switched off."""

    def _make_hash_value(self, user: Any, timestamp: int | datetime) -> str:
        return f"{super()._make_hash_value(user, timestamp)}{user.is_active}"  # type: ignore[arg-type]

    def check_token(self, user: Any, token: str | None) -> bool:
        """True while the link works."""
        return bool(user and user.is_active) and super().check_token(user, token)


def path_for(user: User) -> str:
    """The page that sets a new password for this login, once."""
    words = {"uidb36": user_pk_to_url_str(user), "key": Tokens().make_token(user)}
    return reverse("account_reset_password_from_key", kwargs=words)


def address_for(user: User) -> str:
    """The same for a mail: at the service's own address, since `Host` is anybody's to choose."""
    return str(settings.PUBLIC_URL) + path_for(user)
