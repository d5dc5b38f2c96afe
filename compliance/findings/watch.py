"""What nobody flags: customers that were not told, mails nobody is sure of, versions left lying.

Each is asked for anew every minute: what holds is raised, what does not hold any more is closed, so
whatever died in between is made up for by the next minute.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from compliance.findings.models import Finding
from compliance.findings.raising import close_finding, raise_finding
from compliance.notices import queries as notices
from retention.actor import SYSTEM
from retention.policies.models import PolicyVersion

# How long an approved version may wait to be announced before somebody is asked why.
LEFT_LYING = timedelta(days=3)
KINDS = ("notice_not_given", "mail_unsure", "mail_came_too_late", "approved_not_announced")


class Held(NamedTuple):
    """Something that holds now; its names are those of a finding."""

    kind: str
    customer: UUID | None
    key: str


def watch(*, now: datetime) -> tuple[int, int]:
    """Raise what holds, close what does not; how many of each were new."""
    wanted = set(_held(now))
    known = {
        Held(*found)
        for found in Finding.objects.filter(kind__in=KINDS, standing=True).values_list(
            "kind", "customer", "key"
        )
    }
    for new in sorted(wanted - known, key=str):
        raise_finding(new.kind, customer=new.customer, key=new.key, by=SYSTEM, now=now)
    for gone in sorted(known - wanted, key=str):
        close_finding(gone.kind, customer=gone.customer, key=gone.key, by=SYSTEM, now=now)
    return len(wanted - known), len(known - wanted)


def _held(now: datetime) -> Iterator[Held]:
    for missing in notices.not_given(now):
        version = missing.notice.announcement.version
        yield Held("notice_not_given", missing.customer.pk, f"version-{version.number}")
    for mail in notices.unsure():
        yield Held("mail_unsure", mail.notice.customer_id, str(mail.pk))
    for event in notices.came_back_too_late():
        yield Held("mail_came_too_late", event.delivery.notice.customer_id, str(event.delivery_id))
    lying = PolicyVersion.objects.filter(
        state=PolicyVersion.State.APPROVED, approved_at__lte=now - LEFT_LYING
    )
    for number in lying.values_list("number", flat=True):
        yield Held("approved_not_announced", None, str(number))
