"""Mails about a login, to its own address and to no other."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit

import structlog
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.template.loader import render_to_string
from django.urls import reverse

from compliance.people import links
from compliance.people.later import later
from compliance.people.models import User
from retention.clock import host_now

# No vacation notice comes back, and no list server takes it up (RFC 3834).
HEADERS = {"Auto-Submitted": "auto-generated"}
log = structlog.get_logger("compliance.people")


def send_link(email: str) -> None:
    """The link that sets a new password, if there is a login with this address that may be used."""
    user = User.objects.filter(email=email, is_active=True).first()
    if user is None:
        return
    link = links.address_for(user)
    send("account/email/password_reset_key", user.email, {"password_reset_url": link})


def tell_of_new_password(*, user: User, **_: object) -> None:
    """After the change is committed, whoever made it: its person should hear of it."""
    log.info("password_replaced", user=str(user.pk))
    words = {"at": host_now(), "reset_url": settings.PUBLIC_URL + reverse("account_reset_password")}
    mail = partial(send, "account/email/password_replaced", user.email, words)
    transaction.on_commit(partial(later, mail))


def tell_of_second_factor(*, user: User, **_: object) -> None:
    """A second factor came or went."""
    log.info("second_factor_changed", user=str(user.pk))
    words = {"at": host_now(), "mfa_url": settings.PUBLIC_URL + reverse("mfa_index")}
    mail = partial(send, "account/email/second_factor_changed", user.email, words)
    transaction.on_commit(partial(later, mail))


def tell_of_factor(*, user: User, authenticator: Authenticator, **more: object) -> None:
    """The same, once: recovery codes come and go with the factor that they stand in for."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        tell_of_second_factor(user=user)


def send(template: str, email: str, words: dict[str, Any]) -> None:
    """One mail of plain text."""
    words = {**words, "host": urlsplit(settings.PUBLIC_URL).netloc}
    subject = " ".join(render_to_string(f"{template}_subject.txt", words).split())
    text = render_to_string(f"{template}_message.txt", words).strip() + "\n"
    EmailMessage(subject, text, to=[email], headers=HEADERS).send()
