"""Announcing: from here on the clock of every customer runs, as soon as it is told.

Boundary: one transaction makes the version announced, its entry in the log, and the announcement.
Nothing is sent in it: mails go once the entry is signed.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from compliance.notices import reply_address
from compliance.notices.models import Announcement, Delivery, Notice
from compliance.notices.person import person
from retention import clock
from retention.actor import Actor
from retention.policies import publish
from retention.policies.models import PolicyVersion

Kind = Announcement.Kind


@transaction.atomic
def announce(
    version: PolicyVersion, *, takes_effect_on: date, reply_to: str, by: Actor, now: datetime
) -> Announcement:
    """Tell every customer of an approved version.

    Raises `ReplyNotConfirmed`, `NeedsAPerson`, and what the engine refuses: `TooEarly`,
    `StaleVersion`, `AnotherPending`.
    """
    officer = person(by)
    reply_address.refuse_unconfirmed(reply_to, now=now)
    entry = publish.announce(version, takes_effect_on=takes_effect_on, by=by, now=now)
    made = Announcement.objects.create(
        kind=Kind.CHANGE,
        version=version,
        takes_effect_on=takes_effect_on,
        reply_to=reply_to,
        entry=entry,
        made_by_id=officer,
        made_at=now,
    )
    _close_older(made, now)
    return made


def _close_older(made: Announcement, now: datetime) -> None:
    """Who was not told of an older change is told of this one instead."""
    older = Announcement.objects.filter(kind=Kind.CHANGE).exclude(pk=made.pk)
    # Locked before their notices, like everywhere.
    list(older.select_for_update().order_by("pk").values_list("pk"))
    older.filter(written_at=None).update(written_at=now)
    close(Notice.objects.filter(announcement__in=older, activation=None, closed_at=None), now)


def close(notices: object, now: datetime) -> None:
    """Send nothing more of these, and give them no more."""
    ids = list(notices.select_for_update().order_by("pk").values_list("pk", flat=True))  # type: ignore[attr-defined]
    Notice.objects.filter(pk__in=ids, closed_at=None).update(closed_at=now)
    waiting = Delivery.objects.filter(notice__in=ids, state=Delivery.State.WAITING)
    waiting.update(state=Delivery.State.DROPPED, trouble="notice_closed")


def open_again(withdrawn: Announcement) -> None:
    """What this announcement had closed still has to be given: else nobody would ever be told."""
    older = Announcement.objects.filter(
        kind=Kind.CHANGE, version__state=PolicyVersion.State.ANNOUNCED
    ).exclude(pk=withdrawn.pk)
    older_ids = list(
        older.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True)
    )
    closed = Notice.objects.filter(
        announcement__in=older_ids, activation=None, closed_at=withdrawn.made_at
    )
    ids = list(closed.select_for_update().order_by("pk").values_list("pk", flat=True))
    Notice.objects.filter(pk__in=ids).update(closed_at=None)
    dropped = Delivery.objects.filter(
        notice__in=ids, state=Delivery.State.DROPPED, trouble="notice_closed"
    )
    dropped.update(state=Delivery.State.WAITING, trouble="", next_try_at=clock.host_now())
