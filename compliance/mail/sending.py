"""Sending: never twice, and what is not known to have been sent is said so.

Danger: a mail server and PostgreSQL share no transaction. Principle: each mail is claimed and the
claim committed before the first byte of it is sent. What then surely did not go out (no
connection, a refusal that says so) waits and is tried again; of anything else we do not know, so it
is never sent again by itself. The server is reached before the claim, so that a crash in between is
a matter of milliseconds.

Whose mails these are, and what follows from each outcome, says an `Outbox`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Generic, Protocol, TypeVar

import structlog
from django.core.mail import EmailMessage, get_connection

from compliance.mail.refusals import Refusal, read, reason
from retention import clock

# Longer than any one mail can take with the time-out of each step (EMAIL_TIMEOUT).
LONGEST = timedelta(minutes=10)
Mail = TypeVar("Mail")
log = structlog.get_logger("compliance.mail")


class Outbox(Protocol[Mail]):
    """Mails of one kind. Each step commits before it returns."""

    def claim(self, now: datetime) -> Mail | None:
        """Take the next mail that is due for ourselves, for good; None when nothing waits."""

    def letter(self, mail: Mail, connection: Any) -> EmailMessage:
        """Its words; written again they are the same, the Message-ID too."""

    def sent(self, mail: Mail, letter: EmailMessage, now: datetime) -> None:
        """The server took it."""

    def failed(self, mail: Mail, refusal: Refusal, now: datetime) -> None:
        """The server did not take it, or nobody knows."""

    def put_off(self, reason: str, now: datetime) -> None:
        """The server cannot be reached: all that is due waits."""


class Sender(Generic[Mail]):
    """One connection, kept from mail to mail; a new one after whatever went wrong."""

    def __init__(self, outbox: Outbox[Mail]) -> None:
        self.outbox = outbox
        self.connection: Any = get_connection()

    def send(self, *, go_on: Callable[[], bool] = lambda: True) -> int:
        """Send what is due, while `go_on`; returns how many the server took."""
        sent = 0
        try:
            while go_on() and self._open() and (mail := self.outbox.claim(clock.host_now())):
                if self._hand_over(mail):
                    sent += 1
                else:
                    # What became of it may be unknown: the next one gets a connection of its own.
                    self._close()
        finally:
            self._close()
        return sent

    def _open(self) -> bool:
        try:
            self.connection.open()
        except Exception as error:
            log.error("mail_waits", exc_info=error)
            self.outbox.put_off(reason(error), clock.host_now())
            return False
        return True

    def _close(self) -> None:
        with suppress(Exception):
            self.connection.close()

    def _hand_over(self, mail: Mail) -> bool:
        try:
            letter = self.outbox.letter(mail, self.connection)
            self.connection.send_messages([letter])
        except Exception as error:
            log.error("mail_failed", exc_info=error)
            self.outbox.failed(mail, read(error), clock.host_now())
            return False
        self.outbox.sent(mail, letter, clock.host_now())
        return True
