"""A login is found by its own address, and by nothing else.

The sign-in package keeps a list of addresses beside the logins and looks there too. One that a
login had once would still open it, and would get its mails.
"""

from __future__ import annotations

from allauth.account.auth_backends import AuthenticationBackend

from compliance.people.models import User


class Backend(AuthenticationBackend):  # type: ignore[misc]
    """Address and password; an unknown address costs as much time as a wrong password."""

    def _authenticate_by_email(self, email: str, password: str) -> User | None:
        user = User.objects.filter(email=email).first()
        found: User | None = self._check_password(user, password)
        return found
