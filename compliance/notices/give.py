"""Giving notice: the change binds a customer from here on, on its day.

Belongs to the transaction in which somebody was reached, and needs the notice's row locked: so a
withdrawal, a newer announcement, a bounce and a sender never decide about one notice at once.
Everybody locks the announcement before its notices, and a notice before its deliveries.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from uuid import UUID

from compliance.notices.models import Announcement, Delivery, Notice
from retention.actor import SYSTEM, Actor
from retention.policies import activate
from retention.policies.models import Activation

State = Delivery.State
REACHED = (State.SENT, State.DELIVERED)
DAY = timedelta(days=1)


def locked(notice: UUID) -> Notice:
    """The notice, held for this transaction."""
    return (
        Notice.objects.select_for_update(of=("self",))
        .select_related("announcement__version", "customer")
        .get(pk=notice)
    )


def effective_day(made: Announcement, notice_days: int, today: date) -> date:
    """From when the change binds a customer that is told today."""
    assert made.takes_effect_on is not None
    return max(made.takes_effect_on, today + timedelta(days=notice_days) + DAY)


def give(notice: Notice, *, by: Actor = SYSTEM, now: datetime) -> Activation | None:
    """Make it count, once; None where there is nothing to give. The database sets the day."""
    change = notice.announcement.kind == Announcement.Kind.CHANGE
    if not change or notice.closed_at or notice.activation_id:
        return None
    activation = activate.give(
        notice.customer_id,
        notice.announcement.version,
        notice_days=notice.customer.notice_days,
        by=by,
        now=now,
    )
    Notice.objects.filter(pk=notice.pk).update(activation=activation)
    notice.activation = activation
    return activation
