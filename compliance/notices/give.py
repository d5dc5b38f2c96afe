"""Giving notice: the change binds a customer from here on, on its day.

Belongs to the transaction in which somebody was reached, and needs the notice's row locked: so a
withdrawal, a newer announcement, a bounce and a sender never decide about one notice at once.
Everybody locks the announcement before its notices, and a notice before its deliveries.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import structlog

from compliance.notices.models import Announcement, Delivery, Notice
from retention.actor import SYSTEM, Actor
from retention.errors import NotGiven
from retention.policies import activate
from retention.policies.models import Activation

State = Delivery.State
REACHED = (State.SENT, State.DELIVERED)
DAY = timedelta(days=1)
log = structlog.get_logger("compliance.notices")


def locked(notice: UUID) -> Notice:
    """The notice, held for this transaction."""
    return (
        Notice.objects.select_for_update(of=("self",))
        .select_related("announcement__version", "customer")
        .get(pk=notice)
    )


def give(
    notice: Notice, *, at_least: int = 0, by: Actor = SYSTEM, now: datetime
) -> Activation | None:
    """Make it count, once; None where there is nothing to give. The database sets the day.

    `at_least`: days of notice that somebody was told already, whatever the contract says by now.
    """
    change = notice.announcement.kind == Announcement.Kind.CHANGE
    if not change or notice.closed_at or notice.activation_id:
        return None
    try:
        activation = activate.give(
            notice.customer_id,
            notice.announcement.version,
            notice_days=max(notice.customer.notice_days, at_least),
            by=by,
            now=now,
        )
    except NotGiven:
        # Withdrawn, or told of a newer one: the mail went out all the same, and that stays true.
        log.warning("notice_not_given")
        return None
    Notice.objects.filter(pk=notice.pk).update(activation=activation)
    notice.activation = activation
    return activation
