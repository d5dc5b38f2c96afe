"""Guests: people without a login who proved, by a code, to read the mail of an address.

What that address opens is for the surface to say, at every request: whoever is no contact any more
is somebody without rights at once. A guest's session is one of ours (`store.py`), with limits of
its own, and never beside a login's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from uuid import UUID, uuid4

import structlog
from allauth.core.internal import ratelimit
from django.http import HttpRequest
from django.middleware.csrf import rotate_token

from compliance.people import codes, known, sessions, store
from compliance.people.later import later
from compliance.people.models import Session, lower_case
from retention.clock import host_now

# Asked for, by network address and by the address typed; typed, by network address.
RATES = {"code_asked": "10/m/ip,3/15m/key,10/d/key", "code_typed": "20/m/ip"}
ASKED = "code_asked"
log = structlog.get_logger("compliance.people")


@dataclass(frozen=True, slots=True)
class Guest:
    """Who it is: an address, and nothing more."""

    email: str


def of(request: HttpRequest) -> Guest | None:
    """The guest of this session."""
    email = request.session.get(store.GUEST_ADDRESS)
    return Guest(email) if email else None


def ask(request: HttpRequest, email: str, tell: Callable[[str, str], None]) -> bool:
    """Have a code made for the address; False: too often, whether anybody knows it or not.

    `tell` gets address and code after the answer, and alone knows whether there is anybody to tell.
    """
    email = lower_case(email)
    if not _allowed(request, "code_asked", known.counted_as(request, email)):
        return False
    number = uuid4()
    request.session[ASKED] = {"ask": str(number), "email": email}
    later(partial(_make, number, email, tell))
    return True


def _make(number: UUID, email: str, tell: Callable[[str, str], None]) -> None:
    tell(email, codes.make(number, email, now=host_now()))


def waits_for(request: HttpRequest) -> str | None:
    """The address for which this browser asked a code."""
    asked = request.session.get(ASKED)
    return asked["email"] if asked else None


def enter(request: HttpRequest, typed: str) -> Guest | None:
    """Sign in by the code; None for a wrong one. Raises `TooOften`.

    Whoever was here before, in this browser, is signed out: nothing of that session goes on.
    """
    if not _allowed(request, "code_typed"):
        raise TooOften
    asked = request.session.get(ASKED)
    email = codes.prove(UUID(asked["ask"]), typed, now=host_now()) if asked else None
    if email is None:
        log.info("code_refused")
        return None
    request.session.flush()
    request.session[store.GUEST_ADDRESS] = email
    sessions.note(request)
    rotate_token(request)
    log.info("guest_signed_in")
    return Guest(email)


class TooOften(Exception):
    """So many codes were typed from this network that nothing is looked at for a minute."""


def leave(request: HttpRequest) -> None:
    """End the guest's session, and have the browser forget its pages."""
    request.session.flush()
    request.signed_out = True  # type: ignore[attr-defined]
    log.info("guest_signed_out")


def end_all() -> int:
    """End the sessions of all guests; how many there were."""
    ended, _ = Session.objects.filter(user=None, signed_in_at__isnull=False).delete()
    return ended


def _allowed(request: HttpRequest, action: str, key: str | None = None) -> bool:
    used = ratelimit.consume(request, app="compliance.people", action=action, config=RATES, key=key)
    return used is not None
