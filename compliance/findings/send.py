"""Letters go out, each at most once, by whichever process comes first.

A letter is claimed and that is committed before a byte of it is sent. What surely did not go out
(no connection, a refusal for now) waits and is tried again; of anything else nobody knows, so it is
never sent again and shows as “may not have arrived”. Nothing goes out before its entry in the log
is signed. Mail lives in host time.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any
from urllib.parse import urlsplit

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction

from compliance.findings.models import FindingLetter
from retention import clock

# Longer than any one mail can take with the time-out of each step (EMAIL_TIMEOUT).
LONGEST = timedelta(minutes=10)
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30)]
# Where mails are files or lines they reach nobody; in a demonstration they are what one looks at.
NOBODY = ("filebased.EmailBackend", "console.EmailBackend", "dummy.EmailBackend")
State = FindingLetter.State
log = structlog.get_logger("compliance.findings")


def send_waiting() -> int:
    """Send what waits and return how many went out; nothing without a mail server."""
    _give_up_on_lost_claims(clock.host_now())
    if not _due(clock.host_now()).exists():
        return 0
    if settings.EMAIL_BACKEND.endswith(NOBODY) and not settings.DEMO:
        _due(clock.host_now()).update(trouble="no_mail_server")
        return 0
    connection = get_connection()
    try:
        return _send_all(connection)
    finally:
        _close(connection)


def message(letter: FindingLetter, connection: Any = None) -> EmailMessage:
    """The mail for this row; made again it is the same, its Message-ID too."""
    return EmailMessage(
        letter.subject,
        letter.text,
        to=letter.addresses,
        reply_to=[letter.reply_to] if letter.reply_to else None,
        headers={
            "Message-ID": f"<finding-{letter.pk}@{urlsplit(settings.PUBLIC_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
        connection=connection,
    )


def claim(now: datetime) -> FindingLetter | None:
    """Take the next letter for ourselves, for good; None when nothing waits."""
    with transaction.atomic():
        mine = _due(now).select_for_update(skip_locked=True, of=("self",))
        letter: FindingLetter | None = mine.order_by("next_try_at", "id").first()
        if letter is not None:
            letter.state, letter.claimed_at = State.SENDING, now
            letter.attempts += 1
            letter.save(update_fields=["state", "claimed_at", "attempts"])
        return letter


def _due(now: datetime) -> Any:
    return FindingLetter.objects.filter(
        state=State.WAITING, next_try_at__lte=now, entry__signed_at__isnull=False
    )


def _send_all(connection: Any) -> int:
    sent = 0
    while _open(connection) and (letter := claim(clock.host_now())):
        if _send(connection, letter):
            sent += 1
        else:
            # What became of it is unknown: the next one gets a connection of its own.
            _close(connection)
    return sent


def _open(connection: Any) -> bool:
    """Reach the server before anything is claimed."""
    try:
        connection.open()
    except Exception as error:
        log.error("finding_letters_wait", exc_info=error)
        now = clock.host_now()
        _due(now).update(trouble="no_connection", next_try_at=now + PAUSES[0])
        return False
    return True


def _close(connection: Any) -> None:
    with suppress(Exception):
        connection.close()


def _send(connection: Any, letter: FindingLetter) -> bool:
    try:
        connection.send_messages([message(letter, connection)])
    except Exception as error:
        log.error("finding_letter_failed", exc_info=error)
        _failed(letter, error, clock.host_now())
        return False
    _settle(letter, state=State.SENT, sent_at=clock.host_now(), trouble="")
    return True


def _failed(letter: FindingLetter, error: Exception, now: datetime) -> None:
    """What the server said decides; its words may name people, so only its code is kept."""
    code = _answer(error)
    if isinstance(error, ValueError) or code >= 500:
        _settle(letter, state=State.REFUSED, trouble=f"answered_{code}" if code else "bad_address")
    elif code:
        pause = PAUSES[min(letter.attempts, len(PAUSES)) - 1]
        trouble = f"answered_{code}"
        _settle(letter, state=State.WAITING, trouble=trouble, next_try_at=now + pause)
    else:
        _settle(letter, state=State.UNSURE, trouble="connection_lost")


def _answer(error: Exception) -> int:
    """The code with which the server said no; 0: it said nothing, so nobody knows."""
    if isinstance(error, SMTPRecipientsRefused):
        return max(code for code, _words in error.recipients.values())
    return error.smtp_code if isinstance(error, SMTPResponseException) else 0


def _give_up_on_lost_claims(now: datetime) -> None:
    """Whoever claimed these has died, before or after the mail went out."""
    lost = FindingLetter.objects.filter(state=State.SENDING, claimed_at__lt=now - LONGEST)
    if lost.update(state=State.UNSURE, trouble="process_died"):
        log.error("finding_letter_unsure")


def _settle(letter: FindingLetter, **fields: Any) -> None:
    """Only a claim is settled; one that was given up may still turn out to have been sent."""
    states = [State.SENDING]
    if fields["state"] in (State.SENT, State.REFUSED):
        states.append(State.UNSURE)
    FindingLetter.objects.filter(pk=letter.pk, state__in=states).update(**fields)
