"""What follows once a mail was handed over, refused, or lost: one transaction each.

Only a claim is settled, also one that was given up meanwhile; whoever comes second changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from compliance.mail.refusals import Meaning, Refusal
from compliance.notices.give import give, locked
from compliance.notices.models import Delivery, MailEvent

State, Kind = Delivery.State, MailEvent.Kind
CLAIMED = (State.SENDING, State.UNSURE)
# How long after each refusal "for now" the next try comes; the last one again and again.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 240)]
# With these pauses three and a half days: a mailbox that is full for longer is nobody's.
MOST_TRIES = 26
SMTP = "smtp"


@transaction.atomic
def handed_over(delivery: Delivery, *, provider_id: str, now: datetime) -> None:
    """The server took it: sent, and in the same transaction given, if it is the first."""
    notice = locked(delivery.notice_id)
    moved = Delivery.objects.filter(pk=delivery.pk, state__in=CLAIMED).update(
        state=State.SENT, sent_at=now, trouble="", provider_id=provider_id[:255]
    )
    if moved and is_notice(delivery) and _still_in_charge(delivery):
        give(notice, now=now)


def is_notice(delivery: Delivery) -> bool:
    """A reminder, or what a machine reads, gives nobody notice."""
    return (
        delivery.purpose == Delivery.Purpose.NOTICE and delivery.channel != Delivery.Channel.WEBHOOK
    )


def _still_in_charge(delivery: Delivery) -> bool:
    """A contact that was ended while its mail was on the way was not the one to tell."""
    return Delivery.objects.filter(pk=delivery.pk, contact__ended_at=None).exists()


@transaction.atomic
def refused(delivery: Delivery, refusal: Refusal, *, host_now: datetime, now: datetime) -> None:
    """For this recipient for good: came back. For now: later again. Unknown: never by itself."""
    locked(delivery.notice_id)
    final = {Meaning.NO_SUCH_RECIPIENT: State.BOUNCED, Meaning.NEVER: State.REFUSED}
    fields: dict[str, Any] = {"trouble": refusal.code}
    if refusal.meaning in final:
        fields |= {"state": final[refusal.meaning], "settled_at": now}
    elif _again(delivery, refusal):
        pause = PAUSES[min(delivery.attempts, len(PAUSES)) - 1]
        fields |= {"state": State.WAITING, "next_try_at": host_now + pause}
    elif refusal.meaning is Meaning.LATER:
        # Tried for days: the officer may have it sent again, or call.
        fields |= {"state": State.REFUSED, "settled_at": now}
    else:
        fields |= {"state": State.UNSURE}
    if Delivery.objects.filter(pk=delivery.pk, state__in=CLAIMED).update(**fields):
        _note(delivery, refusal, now)


def _again(delivery: Delivery, refusal: Refusal) -> bool:
    """What is about us is tried until it is mended; a full mailbox is not tried for ever."""
    if refusal.meaning is Meaning.OURS:
        return True
    return refusal.meaning is Meaning.LATER and delivery.attempts < MOST_TRIES


def _note(delivery: Delivery, refusal: Refusal, now: datetime) -> None:
    """What was said about the recipient."""
    if not refusal.answer or refusal.meaning is Meaning.OURS:
        return
    kinds = {Meaning.NO_SUCH_RECIPIENT: Kind.HARD, Meaning.NEVER: Kind.REFUSED}
    MailEvent.objects.create(
        delivery=delivery,
        kind=kinds.get(refusal.meaning, Kind.SOFT),
        source=SMTP,
        event_id=f"{delivery.pk}:{delivery.attempts}",
        status=str(refusal.answer),
        happened_at=now,
        heard_at=now,
    )
