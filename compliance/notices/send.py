"""The notices' mails. How a mail is sent, never twice: `mail/sending.py`.

Danger: whoever is told twice is annoyed; whoever is not told keeps the old policy, for ever. So a
mail is claimed, with its headers and its exact words, before it is handed over, and notice is given
in the transaction that says it was sent. A sender that dies in between leaves "unsure": it is not
sent again by itself, the notice is not given, and a person is asked.

Any number of senders may run. Memory stays flat: a claim at a time, some hundred ids ahead.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import QuerySet

from compliance.customers.models import Customer
from compliance.mail.refusals import Refusal
from compliance.mail.sending import LONGEST, Sender
from compliance.mail.server import may_give_notice
from compliance.notices import letters, schedule, settle
from compliance.notices.models import Delivery
from retention import clock

AHEAD = 200
UNREACHABLE = timedelta(minutes=1)
State, Channel = Delivery.State, Delivery.Channel
log = structlog.get_logger("compliance.notices")


def send_waiting(*, seconds: float = 25.0) -> int:
    """Send what is due, for so long at most, and return how many mails a server took."""
    give_up_on_lost_claims(clock.host_now())
    drop_what_was_overtaken()
    waiting = due(clock.host_now())
    if not waiting.exists():
        return 0
    if not may_give_notice():
        waiting.update(trouble="no_mail_server")
        return 0
    return Sender(NoticeOutbox()).send(go_on=_until(seconds))


def _until(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    return lambda: time.monotonic() < end


def due(now: datetime) -> QuerySet[Delivery]:
    """Mails whose time has come. `now`: the host's, like every retry."""
    return Delivery.objects.filter(channel=Channel.MAIL, state=State.WAITING, next_try_at__lte=now)


class NoticeOutbox:
    """Mails of notices, reminders and withdrawals, the longest due first."""

    def __init__(self) -> None:
        self._ahead: deque[UUID] = deque()
        # Taken by somebody else, or not to be sent: not asked about again in this run.
        self._not_ours: set[UUID] = set()

    def claim(self, now: datetime) -> Delivery | None:
        """The next one that nobody else took meanwhile."""
        while True:
            if not self._ahead:
                found = _next_ids(now)
                self._ahead.extend(pk for pk in found if pk not in self._not_ours)
            if not self._ahead:
                return None
            delivery = self._ahead.popleft()
            if mail := claim(delivery, now):
                return mail
            self._not_ours.add(delivery)

    def letter(self, mail: Delivery, connection: Any) -> EmailMessage:
        """As it was written down when it was claimed."""
        return letters.letter(mail, connection)

    def sent(self, mail: Delivery, letter: EmailMessage, now: datetime) -> None:
        """Given, if it is the first that reached somebody."""
        status = getattr(letter, "anymail_status", None)
        provider_id = getattr(status, "message_id", None)
        named = "" if provider_id is None else str(provider_id)
        settle.handed_over(mail, provider_id=named, now=clock.now())

    def failed(self, mail: Delivery, refusal: Refusal, now: datetime) -> None:
        """Came back, later again, or nobody knows."""
        settle.refused(mail, refusal, host_now=now, now=clock.now())

    def put_off(self, reason: str, now: datetime) -> None:
        """The server is away: that is no mail's fault, so no try is counted."""
        self._ahead.clear()
        due(now).update(trouble=reason, next_try_at=now + UNREACHABLE)


def _next_ids(now: datetime) -> list[UUID]:
    return list(due(now).order_by("next_try_at", "id").values_list("pk", flat=True)[:AHEAD])


@transaction.atomic
def claim(delivery: UUID, now: datetime) -> Delivery | None:
    """Take it for ourselves, for good, with headers and words; None: it is not to be sent."""
    mine = Delivery.objects.filter(
        pk=delivery,
        state=State.WAITING,
        contact__ended_at=None,
        notice__closed_at=None,
    ).exclude(notice__customer__state=Customer.State.ERASED)
    mail = (
        mine.select_for_update(of=("self",), skip_locked=True)
        .select_related(
            "notice__announcement__version", "notice__customer", "notice__activation", "contact"
        )
        .first()
    )
    if mail is None:
        return None
    mail.state, mail.claimed_at, mail.attempts = State.SENDING, now, mail.attempts + 1
    if not mail.message_id:
        mail.message_id = letters.message_id(mail.pk)
    mail.headers = letters.headers(mail, clock.now())
    schedule.put_words(mail, today=clock.today())
    mail.save()
    return mail


def give_up_on_lost_claims(now: datetime) -> None:
    """Whoever claimed these has died, before or after the mail went out."""
    lost = Delivery.objects.filter(
        channel=Channel.MAIL, state=State.SENDING, claimed_at__lt=now - LONGEST
    )
    if lost.update(state=State.UNSURE, trouble="process_died"):
        log.error("notice_mail_unsure")


def drop_what_was_overtaken() -> None:
    """Nothing is sent to a contact that was ended, or of a notice that was closed."""
    waiting = Delivery.objects.filter(state=State.WAITING)
    erased = Customer.State.ERASED
    for why, overtaken in (
        ("contact_ended", waiting.filter(contact__ended_at__isnull=False)),
        ("notice_closed", waiting.filter(notice__closed_at__isnull=False)),
        ("customer_erased", waiting.filter(notice__customer__state=erased)),
    ):
        waiting.filter(pk__in=overtaken.values("pk")).update(state=State.DROPPED, trouble=why)
