"""What is heard about a mail after it was sent: it arrived, it waits, it came back.

Danger: a change that binds a customer who was never told. So a mail that came back for good takes
the notice back, as long as the change does not apply yet and nobody else there was reached in time.
Afterwards it only shows: what was destroyed cannot be undone, and somebody has to talk.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import transaction

from compliance.notices.give import DAY, REACHED, give, locked
from compliance.notices.models import Delivery, MailEvent, Notice
from compliance.notices.settle import is_notice
from retention.actor import SYSTEM
from retention.errors import AlreadyInForce
from retention.policies import activate
from retention.policies.models import Activation

Kind, State = MailEvent.Kind, Delivery.State
CAME_BACK = (Kind.HARD, Kind.REFUSED)
log = structlog.get_logger("compliance.notices")


@dataclass(frozen=True, slots=True)
class Heard:
    """One event. `event_id`: the source's own name for it, so that it counts once."""

    kind: str
    source: str
    event_id: str
    status: str = ""
    happened_at: datetime | None = None


@transaction.atomic
def hear(delivery: UUID, heard: Heard, *, now: datetime) -> bool:
    """Write it down and draw the consequence; False if it was known."""
    found = Delivery.objects.get(pk=delivery)
    notice = locked(found.notice_id)
    if not _is_new(found, heard, now):
        return False
    if heard.kind == Kind.DELIVERED:
        _arrived(found, notice, now)
    elif heard.kind in CAME_BACK:
        _came_back(found, notice, now)
    return True


def _is_new(delivery: Delivery, heard: Heard, now: datetime) -> bool:
    # The notice is locked, so nobody hears of the same mail at the same time.
    event_id = heard.event_id[:255]
    if MailEvent.objects.filter(source=heard.source, event_id=event_id).exists():
        return False
    MailEvent.objects.create(
        delivery=delivery,
        kind=heard.kind,
        source=heard.source,
        event_id=event_id,
        status=heard.status[:16],
        happened_at=heard.happened_at,
        heard_at=now,
    )
    return True


def _arrived(delivery: Delivery, notice: Notice, now: datetime) -> None:
    known = Delivery.objects.filter(pk=delivery.pk)
    # Nobody knew whether these were sent; now it is known, also if it is to be sent again.
    unsure = known.filter(
        state__in=(State.SENDING, State.UNSURE, State.WAITING),
        claimed_at__isnull=False,
        sent_at=None,
    )
    found = unsure.update(state=State.DELIVERED, sent_at=now, settled_at=now, trouble="")
    known.filter(state=State.SENT).update(state=State.DELIVERED, settled_at=now)
    if found and is_notice(delivery) and known.filter(contact__ended_at=None).exists():
        give(notice, now=now)


def _came_back(delivery: Delivery, notice: Notice, now: datetime) -> None:
    moved = (
        Delivery.objects.filter(pk=delivery.pk)
        .exclude(state__in=(State.BOUNCED, State.DROPPED))
        .update(state=State.BOUNCED, settled_at=now, trouble="came_back")
    )
    if moved and is_notice(delivery) and notice.activation_id:
        _take_back(notice, now)


def _take_back(notice: Notice, now: datetime) -> None:
    """Unless somebody else there was told early enough for the day that stands."""
    activation = notice.activation
    assert activation is not None
    others = list(_reached(notice))
    if any(told_in_time(other, activation) for other in others):
        return
    try:
        activate.void(activation, why=Activation.Void.BOUNCED, by=SYSTEM, now=now)
    except AlreadyInForce:
        log.error("notice_came_back_too_late")
        return
    Notice.objects.filter(pk=notice.pk).update(activation=None)
    notice.activation = None
    if others:
        # Told, but too late for that day: a later one is theirs, counted from now.
        give(notice, at_least=activation.notice_days, now=now)


def _reached(notice: Notice) -> list[Delivery]:
    found = notice.deliveries.filter(state__in=REACHED, purpose=Delivery.Purpose.NOTICE)
    return list(found.exclude(channel=Delivery.Channel.WEBHOOK))


def told_in_time(delivery: Delivery, activation: Activation) -> bool:
    """True if the full days of notice lie between this delivery and the change."""
    assert delivery.sent_at is not None
    days = timedelta(days=activation.notice_days)
    return delivery.sent_at.date() + days + DAY <= activation.effective_on
