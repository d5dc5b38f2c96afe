"""The demonstration's mailbox: each mail a file of the state, and addresses that misbehave.

A mail to anybody at bounce.example comes back at once; one to slow.example is put off twice and
taken then. So everything that becomes of a notice can be shown without a mail server.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from email.utils import parseaddr
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from uuid import uuid4

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from retention import clock

BOUNCES, SLOW = "bounce.example", "slow.example"
PUT_OFF = 2


class EmailBackend(BaseEmailBackend):
    """Keeps what it is given. Raises as a mail server would refuse."""

    def open(self) -> bool:
        """There is nothing to connect to."""
        return True

    def close(self) -> None:
        """Nor to close."""

    def send_messages(self, messages: Sequence[EmailMessage]) -> int:
        """Each into a file of its own."""
        for message in messages:
            for recipient in message.recipients():
                _refuse(parseaddr(recipient)[1], message)
            _keep(message)
        return len(messages)


def _refuse(address: str, message: EmailMessage) -> None:
    domain = address.rpartition("@")[2].lower()
    if domain == BOUNCES:
        raise SMTPRecipientsRefused({address: (550, b"5.1.1 no such user")})
    if domain == SLOW and _tried(message) < PUT_OFF:
        raise SMTPRecipientsRefused({address: (450, b"4.2.2 mailbox full, try later")})


def _tried(message: EmailMessage) -> int:
    """How often this very mail was put off before; noted beside the mails."""
    name = message.extra_headers.get("Message-ID") or message.subject
    notes = folder() / "put-off"
    notes.mkdir(mode=0o700, exist_ok=True)
    note = notes / "".join(c if c.isalnum() else "-" for c in str(name))[:100]
    tries = len(note.read_text()) if note.exists() else 0
    note.write_text("." * (tries + 1))
    return tries


def folder() -> Path:
    """Where the mails are."""
    found = Path(settings.EMAIL_FILE_PATH)
    found.mkdir(mode=0o700, parents=True, exist_ok=True)
    return found


def _keep(message: EmailMessage) -> None:
    """Whole or not at all, and for nobody else to read: links that set passwords are in it."""
    name = f"{clock.now():%Y%m%d-%H%M%S}-{uuid4().hex[:12]}.eml"
    part = folder() / f".{name}"
    with open(os.open(part, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600), "wb") as file:
        file.write(message.message().as_bytes())
    part.replace(folder() / name)
