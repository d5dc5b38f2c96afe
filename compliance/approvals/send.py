"""Sending: claimed and committed before the first byte, so that a mail goes out once at most.

What surely did not go out (no connection, a refusal for now) waits and is tried again; what a
process that died left behind is not known, shows as such, and the reminder of the next day follows.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from smtplib import SMTPRecipientsRefused, SMTPResponseException
from typing import Any

import structlog
from django.core.mail import get_connection
from django.db import transaction

from compliance.approvals.letters import letter
from compliance.approvals.models import ApprovalMail
from retention.clock import host_now

LONGEST = timedelta(minutes=10)
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 60)]
State = ApprovalMail.State
log = structlog.get_logger("compliance.approvals")


def send_waiting() -> int:
    """Send what is due; how many went out."""
    lost = ApprovalMail.objects.filter(
        state=State.SENDING, claimed_at__lt=host_now() - LONGEST
    ).update(state=State.UNSURE)
    if lost:
        log.error("approval_mail_unsure")
    sent = 0
    while (mail := claim(host_now())) is not None:
        sent += _send(mail)
    return sent


@transaction.atomic
def claim(now: datetime) -> ApprovalMail | None:
    """Take the next one, for good; None when nothing is due."""
    mail = (
        ApprovalMail.objects.select_for_update(skip_locked=True, of=("self",))
        .select_related("recipient", "request__asked_by")
        .filter(state=State.WAITING, next_try_at__lte=now)
        .order_by("next_try_at", "id")
        .first()
    )
    if mail is None:
        return None
    mail.state, mail.claimed_at, mail.attempts = State.SENDING, now, mail.attempts + 1
    mail.save()
    return mail


def _send(mail: ApprovalMail) -> bool:
    if not mail.recipient.is_active:
        _settle(mail, state=State.DROPPED)
        return False
    try:
        connection = get_connection()
        connection.open()
    except Exception as error:
        log.warning("approval_mail_waits", exc_info=error)
        _wait(mail)
        return False
    try:
        connection.send_messages([letter(mail)])
    except Exception as error:
        log.error("approval_mail_failed", exc_info=error)
        _failed(mail, error)
        return False
    finally:
        connection.close()
    _settle(mail, state=State.SENT, sent_at=host_now())
    return True


def _failed(mail: ApprovalMail, error: Exception) -> None:
    if isinstance(error, SMTPRecipientsRefused):
        code = max(code for code, _ in error.recipients.values())
    else:
        code = error.smtp_code if isinstance(error, SMTPResponseException) else 0
    if 400 <= code < 500:
        _wait(mail)
    else:
        _settle(mail, state=State.REFUSED if code else State.UNSURE)


def _wait(mail: ApprovalMail) -> None:
    pause = PAUSES[min(mail.attempts, len(PAUSES)) - 1]
    _settle(mail, state=State.WAITING, next_try_at=host_now() + pause)


def _settle(mail: ApprovalMail, **values: Any) -> None:
    """Only a claim is settled."""
    ApprovalMail.objects.filter(pk=mail.pk, state=State.SENDING).update(**values)
