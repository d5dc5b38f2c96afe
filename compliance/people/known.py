"""Browsers that have signed in before keep tries of their own.

Wrong passwords are counted by address, so anybody could lock anybody out. A browser that once
signed in carries a signed mark for that login, and its tries are counted apart: a stranger who uses
up theirs keeps out strangers only. The mark opens nothing; stolen, it gives five tries more.
"""

from __future__ import annotations

import secrets
from hashlib import sha256

from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponseBase

SALT = "compliance.people.known"
LIFE_SECONDS = 180 * 24 * 60 * 60


def mark(response: HttpResponseBase, email: str) -> None:
    """Give the browser its mark for this login."""
    value = signing.dumps({"of": _of(email), "by": secrets.token_hex(16)}, salt=SALT)
    response.set_cookie(
        settings.KNOWN_COOKIE_NAME,
        value,
        max_age=LIFE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def counted_as(request: HttpRequest, email: str) -> str:
    """Under which name this browser's tries for this address are counted."""
    value = request.COOKIES.get(settings.KNOWN_COOKIE_NAME, "")
    try:
        found = signing.loads(value, salt=SALT, max_age=LIFE_SECONDS)
    except signing.BadSignature:
        found = {}
    return f"{email}|{found['by']}" if found.get("of") == _of(email) else email


def _of(email: str) -> str:
    return sha256(email.encode()).hexdigest()
