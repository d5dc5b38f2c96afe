"""What visitors of the portal do in these tests, and what thieves do."""

from __future__ import annotations

import re
from typing import Any

from django.core import mail
from django.test import Client

from compliance.people.models import User

SIGN_IN, CODE, OUT = "/portal/sign-in/", "/portal/code/", "/portal/sign-out/"
HOME, NOTICES, POLICY = "/portal/", "/portal/notices/", "/portal/policy/"
MINIMAL, STANDARD = f"{POLICY}keep/minimal/", f"{POLICY}keep/standard/"
LENA, SAMIR, NOBODY = "lena@acme.example", "samir@acme.example", "nobody@acme.example"


def ask(client: Client, email: str = LENA, **sent: str) -> Any:
    """Post the address."""
    return client.post(SIGN_IN, {"email": email}, **sent)  # type: ignore[arg-type]


def mailed() -> str:
    """The code in the last mail."""
    (found,) = re.findall(r"Your code: (\d{4} \d{4})", str(mail.outbox[-1].body))
    return str(found)


def enter(client: Client, code: str) -> Any:
    """Post the code."""
    return client.post(CODE, {"code": code})


def by_code(client: Client, email: str = LENA) -> Any:
    """All of it."""
    ask(client, email)
    return enter(client, mailed())


def is_in(client: Client) -> bool:
    """True if the first page opens."""
    return bool(client.get(HOME).status_code == 200)


def member(user: User) -> Client:
    """A member's browser, signed in with a password a moment ago."""
    client = Client()
    client.force_login(user)
    return client


def other(code: str) -> str:
    """A code that is not this one."""
    return f"{(int(code.replace(' ', '')) + 1) % 10**8:08}"
