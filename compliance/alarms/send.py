"""Sending: never twice, and what is not known to have been sent is said so.

Danger: a mail server and PostgreSQL share no transaction. Principle: each mail is claimed and the
claim committed before the first byte of it is sent. What then surely did not go out (no
connection, a refusal that says so) waits and is tried again; of anything else we do not know, so it
is never sent again, shows as “may not have arrived”, and the next reminder comes sooner. The server
is reached before the claim, so that a crash in between is a matter of milliseconds.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException
from typing import Any

import structlog
from django.core.mail import get_connection
from django.db import transaction

from compliance.alarms import letters
from compliance.alarms.models import AlarmMail
from retention import clock

# Longer than any one mail can take with the time-out of each step (EMAIL_TIMEOUT).
LONGEST = timedelta(minutes=10)
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15)]
State = AlarmMail.State
log = structlog.get_logger("compliance.alarms")


def send_waiting() -> int:
    """Send what waits and return how many went out; nothing without a mail server."""
    _give_up_on_lost_claims(clock.host_now())
    waiting = AlarmMail.objects.filter(state=State.WAITING, next_try_at__lte=clock.host_now())
    if not waiting.exists():
        return 0
    if not letters.has_mail_server():
        waiting.update(trouble="no_mail_server")
        return 0
    connection = get_connection()
    try:
        return _send_all(connection)
    finally:
        _close(connection)


def _send_all(connection: Any) -> int:
    sent = 0
    while _open(connection) and (mail := claim(clock.host_now())):
        if _send(connection, mail):
            sent += 1
        else:
            # What became of it is unknown: the next mail gets a connection of its own.
            _close(connection)
    return sent


def _open(connection: Any) -> bool:
    """Reach the server, or put off all that waits."""
    try:
        connection.open()
    except Exception as error:
        log.error("alarm_mail_waits", exc_info=error)
        _put_off_all(_reason(error), clock.host_now())
        return False
    return True


def _close(connection: Any) -> None:
    with suppress(Exception):
        connection.close()


@transaction.atomic
def claim(now: datetime) -> AlarmMail | None:
    """Take the next mail for ourselves, for good; None when nothing waits."""
    mail = (
        AlarmMail.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("alarm", "recipient")
        .filter(state=State.WAITING, next_try_at__lte=now)
        .order_by("alarm__began_at", "next_try_at", "id")
        .first()
    )
    if mail is None:
        return None
    mail.state, mail.claimed_at, mail.attempts = State.SENDING, now, mail.attempts + 1
    if not mail.recipient.is_active:
        mail.state, mail.trouble = State.DROPPED, "switched_off"
    mail.save()
    return mail


def _send(connection: Any, mail: AlarmMail) -> bool:
    if mail.state != State.SENDING:
        return False
    try:
        connection.send_messages([letters.letter(mail, connection)])
    except Exception as error:
        log.error("alarm_mail_failed", exc_info=error)
        _failed(mail, error, clock.host_now())
        return False
    _settle(mail, state=State.SENT, sent_at=clock.host_now(), trouble="")
    return True


def _failed(mail: AlarmMail, error: Exception, now: datetime) -> None:
    code = _answer(error)
    if isinstance(error, ValueError) or (code >= 500 and _is_final(error)):
        _settle(mail, state=State.REFUSED, trouble=_reason(error))
    elif code:
        later = now + _pause(mail.attempts)
        _settle(mail, state=State.WAITING, trouble=_reason(error), next_try_at=later)
    else:
        _settle(mail, state=State.UNSURE, trouble="connection_lost")


def _answer(error: Exception) -> int:
    """The code with which the server said no; 0: it said nothing, so we do not know."""
    if isinstance(error, SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    return error.smtp_code if isinstance(error, SMTPResponseException) else 0


def _is_final(error: Exception) -> bool:
    """About this person or this text; other refusals are about us, and may be mended."""
    return isinstance(error, SMTPRecipientsRefused | SMTPDataError)


def _reason(error: Exception) -> str:
    """A short code; the server's words may name people."""
    if code := _answer(error):
        return f"answered_{code}"
    return "bad_address" if isinstance(error, ValueError) else "no_connection"


def _put_off_all(reason: str, now: datetime) -> None:
    due = AlarmMail.objects.filter(state=State.WAITING, next_try_at__lte=now)
    for mail in due:
        attempts = mail.attempts + 1
        due.filter(pk=mail.pk).update(
            attempts=attempts, trouble=reason, next_try_at=now + _pause(attempts)
        )


def _pause(attempts: int) -> timedelta:
    return PAUSES[min(attempts, len(PAUSES)) - 1]


def _give_up_on_lost_claims(now: datetime) -> None:
    """Whoever claimed these has died, before or after the mail went out."""
    lost = AlarmMail.objects.filter(state=State.SENDING, claimed_at__lt=now - LONGEST)
    if lost.update(state=State.UNSURE, trouble="process_died"):
        log.error("alarm_mail_unsure")


def _settle(mail: AlarmMail, **fields: Any) -> None:
    """Only a claim is settled, also one that was given up meanwhile."""
    claims = AlarmMail.objects.filter(pk=mail.pk, state__in=(State.SENDING, State.UNSURE))
    claims.update(**fields)
