"""What visitors of the sign-in pages do in these tests, and what thieves do."""

from __future__ import annotations

import re
from typing import Any

from allauth.mfa.totp.internal import auth
from django.core import mail
from django.test import Client

from tests.cast import PASSWORD

LOGIN, RESET = "/accounts/login/", "/accounts/password/reset/"
CHANGE, LOGOUT = "/accounts/password/change/", "/accounts/logout/"
SESSIONS, PROVE = "/accounts/sessions/", "/accounts/reauthenticate/"
SECOND, CODE = "/accounts/2fa/", "/accounts/2fa/authenticate/"
APP, CODES = f"{SECOND}totp/activate/", f"{SECOND}recovery-codes/"
OTHERS = f"{SESSIONS}others/end/"
ANOTHER = "four-otters-plan-a-picnic"


def sign_in(client: Client, email: str, password: str = PASSWORD, to: str = LOGIN) -> Any:
    """Post the form of the sign-in page."""
    return client.post(to, {"login": email, "password": password})


def change(client: Client, old: str = PASSWORD, new: str = ANOTHER) -> Any:
    """Post the form that changes one's own password."""
    return client.post(CHANGE, {"oldpassword": old, "password1": new, "password2": new})


def prove(client: Client, password: str = PASSWORD) -> Any:
    """Give the password once more."""
    return client.post(PROVE, {"password": password})


def later(client: Client, minutes: int = 6) -> None:
    """So long ago was the last time that this browser's person gave a password or a code."""
    session = client.session
    records = session["account_authentication_methods"]
    session["account_authentication_methods"] = [
        {**record, "at": record["at"] - minutes * 60} for record in records
    ]
    session.save()


def code(secret: str) -> str:
    """What an authenticator app with this secret shows now."""
    counter = next(iter(auth.yield_hotp_counters_from_time()))
    return str(auth.format_hotp_value(auth.hotp_value(secret, counter)))


def set_up_app(client: Client) -> str:
    """Set up an authenticator app, as its page does; the secret."""
    page = client.get(APP)
    secret = str(page.context["form"].secret)
    assert client.post(APP, {"code": code(secret)}).status_code == 302
    return secret


def token(client: Client) -> str:
    """What the browser holds of its session."""
    return client.cookies["sessionid"].value


def thief(client: Client) -> Client:
    """Another browser with a copy of this one's cookie."""
    copy = Client()
    copy.cookies["sessionid"] = token(client)
    return copy


def is_in(client: Client) -> bool:
    """True if the pages of one's own open."""
    return bool(client.get(CHANGE).status_code == 200)


def link_in_mail() -> str:
    """The path of the link in the last mail."""
    (found,) = re.findall(r"http://[^/\s]+(/\S+)", str(mail.outbox[-1].body))
    return str(found)


def set_by_link(client: Client, link: str, new: str = ANOTHER) -> Any:
    """Open a link and set a new password."""
    page = client.get(link, follow=True)
    return client.post(page.redirect_chain[-1][0], {"password1": new, "password2": new})
