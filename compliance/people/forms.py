"""The forms of the sign-in pages, where ours differ from the package's (`ACCOUNT_FORMS`)."""

from __future__ import annotations

from functools import partial
from typing import Any

from allauth.account import forms
from django.http import HttpRequest

from compliance.people import notify
from compliance.people.later import later


class ResetPasswordForm(forms.ResetPasswordForm):  # type: ignore[misc]
    """Asks for a link. Whether there is such a login is looked up after the answer."""

    def clean_email(self) -> str:
        """The address as it was typed, in lower case; nobody is looked for."""
        return str(self.cleaned_data["email"]).lower()

    def save(self, request: HttpRequest, **_: Any) -> str:
        """The same work for every address: hand it on."""
        email = str(self.cleaned_data["email"])
        later(partial(notify.send_link, email))
        return email
