"""What a person does about a notice that has not arrived, or may not have."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from compliance.notices.errors import (
    NoEvidence,
    NotAChange,
    NoticeClosed,
    StaleDelivery,
    UnknownWay,
)
from compliance.notices.give import give, locked
from compliance.notices.models import Announcement, Delivery, Notice
from compliance.notices.person import person
from retention import clock
from retention.actor import Actor
from retention.ledger.append import Fact, append

WAYS = ("phone", "letter")
State = Delivery.State


@transaction.atomic
def reached(notice: Notice, *, way: str, evidence: str, by: Actor, now: datetime) -> Delivery:
    """The customer was told by phone or by letter: given today, the day this is written down.

    Raises `UnknownWay`, `NoEvidence`, `NeedsAPerson`, `NoticeClosed`, `NotAChange`.
    """
    if way not in WAYS:
        raise UnknownWay
    if not evidence.strip():
        raise NoEvidence
    standing = open_change(notice)
    delivery = Delivery.objects.create(
        notice=standing,
        channel=Delivery.Channel.MANUAL,
        address=way,
        state=State.DELIVERED,
        sent_at=now,
        settled_at=now,
        evidence=evidence.strip(),
        made_by_id=person(by),
    )
    _note("notice:customer:reached", delivery, by, now)
    give(standing, by=by, now=now)
    return delivery


def open_change(notice: Notice) -> Notice:
    """The notice, locked. Raises `NotAChange` and `NoticeClosed`."""
    standing = locked(notice.pk)
    if standing.announcement.kind != Announcement.Kind.CHANGE:
        raise NotAChange
    if standing.closed_at:
        raise NoticeClosed
    return standing


@transaction.atomic
def send_again(delivery: Delivery, *, by: Actor, now: datetime) -> None:
    """Send a mail again of which nobody knows whether it went out, or that was refused for days.

    Its Message-ID stays the same. Raises `StaleDelivery` if it is neither (any more), and
    `NeedsAPerson`.
    """
    person(by)
    locked(delivery.notice_id)
    stuck = Delivery.objects.filter(
        pk=delivery.pk,
        state__in=(State.UNSURE, State.REFUSED),
        channel=Delivery.Channel.MAIL,
        notice__closed_at=None,
    )
    if stuck.update(state=State.WAITING, trouble="", next_try_at=clock.host_now()) != 1:
        raise StaleDelivery
    _note("notice:mail:again", delivery, by, now)


def _note(kind: str, delivery: Delivery, by: Actor, now: datetime) -> None:
    facts: dict[str, Fact] = {
        "notice": delivery.notice_id,
        "version": delivery.notice.announcement.version.number,
        "delivery": delivery.pk,
        "actor": by.kind,
        "actor_id": by.id,
    }
    append(kind, now=now, customer=delivery.notice.customer_id, facts=facts)
