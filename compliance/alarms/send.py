"""The alarms' mails, and what follows from each outcome. How a mail is sent: `mail/sending.py`.

What surely did not go out waits and is tried again with growing pauses. Of anything else we do not
know: it is never sent again, shows as “may not have arrived”, and the next reminder comes sooner.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import structlog
from django.core.mail import EmailMessage
from django.db import transaction

from compliance.alarms import letters
from compliance.alarms.models import AlarmMail
from compliance.mail.refusals import Meaning, Refusal
from compliance.mail.sending import LONGEST, Sender
from compliance.mail.server import has_mail_server
from retention import clock

PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 15)]
State = AlarmMail.State
log = structlog.get_logger("compliance.alarms")


def send_waiting() -> int:
    """Send what waits and return how many went out; nothing without a mail server."""
    _give_up_on_lost_claims(clock.host_now())
    waiting = AlarmMail.objects.filter(state=State.WAITING, next_try_at__lte=clock.host_now())
    if not waiting.exists():
        return 0
    if not has_mail_server():
        waiting.update(trouble="no_mail_server")
        return 0
    return Sender(AlarmOutbox()).send()


class AlarmOutbox:
    """Mails about alarms, the oldest trouble first."""

    def claim(self, now: datetime) -> AlarmMail | None:
        """The next one to somebody who still has a login."""
        while (mail := claim(now)) and mail.state != State.SENDING:
            pass
        return mail

    def letter(self, mail: AlarmMail, connection: Any) -> EmailMessage:
        """Its words."""
        return letters.letter(mail, connection)

    def sent(self, mail: AlarmMail, letter: EmailMessage, now: datetime) -> None:
        """The server took it."""
        _settle(mail, state=State.SENT, sent_at=now, trouble="")

    def failed(self, mail: AlarmMail, refusal: Refusal, now: datetime) -> None:
        """Refused for good, for now, or nobody knows."""
        if refusal.meaning in (Meaning.NO_SUCH_RECIPIENT, Meaning.NEVER):
            _settle(mail, state=State.REFUSED, trouble=refusal.code)
        elif refusal.meaning in (Meaning.LATER, Meaning.OURS):
            later = now + _pause(mail.attempts)
            _settle(mail, state=State.WAITING, trouble=refusal.code, next_try_at=later)
        else:
            _settle(mail, state=State.UNSURE, trouble=refusal.code)

    def put_off(self, reason: str, now: datetime) -> None:
        """All that is due waits, each for as long as its own number of tries says."""
        due = AlarmMail.objects.filter(state=State.WAITING, next_try_at__lte=now)
        for mail in due:
            attempts = mail.attempts + 1
            due.filter(pk=mail.pk).update(
                attempts=attempts, trouble=reason, next_try_at=now + _pause(attempts)
            )


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
