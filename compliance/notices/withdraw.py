"""Withdrawing a change before it applies to anybody: it binds nobody, and who heard of it is told.

Boundary: one transaction closes every notice of it, then voids what they had given. A sender that
is about to say "sent" waits for its notice, finds it closed, and gives nothing.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from compliance.notices import reply_address
from compliance.notices.announce import Kind, close, open_again
from compliance.notices.models import Announcement, Notice
from compliance.notices.person import person
from retention.actor import Actor
from retention.policies import publish
from retention.policies.models import PolicyVersion


@transaction.atomic
def withdraw(
    version: PolicyVersion, *, reply_to: str = "", by: Actor, now: datetime
) -> Announcement | None:
    """Take a version back; None if it was never announced, so that nobody needs to be told.

    Without `reply_to` answers go where those of the notice go. Raises `NeedsAPerson`,
    `ReplyNotConfirmed`, and the engine's `AlreadyInForce`, `StaleVersion`.
    """
    officer = person(by)
    if reply_to:
        reply_address.refuse_unconfirmed(reply_to, now=now)
    change = (
        Announcement.objects.select_for_update(of=("self",))
        .filter(kind=Kind.CHANGE, version=version)
        .first()
    )
    if change is None:
        publish.withdraw(version, by=by, now=now)
        return None
    Announcement.objects.filter(pk=change.pk, written_at=None).update(written_at=now)
    close(Notice.objects.filter(announcement=change, closed_at=None), now)
    entry = publish.withdraw(version, by=by, now=now)
    # What was given is void now, and no notice counts as given any more.
    Notice.objects.filter(announcement=change).update(activation=None)
    open_again(change)
    return Announcement.objects.create(
        kind=Kind.WITHDRAWAL,
        version=version,
        reply_to=reply_to or change.reply_to,
        entry=entry,
        made_by_id=officer,
        made_at=now,
    )
