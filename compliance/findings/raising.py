"""Findings without flags: raised and closed by whatever part of the service sees the reason.

Both may be called as often as one likes. Raised again after it was closed, explained or fixed a
finding is open again; what was accepted stays so.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from compliance.findings import acts, count
from compliance.findings.errors import UnknownKind
from compliance.findings.kinds import KINDS
from compliance.findings.models import Finding, FindingAct
from retention.actor import Actor

State = Finding.State
GONE = "What it was about does not hold any more."


@transaction.atomic
def raise_finding(
    kind: str, *, customer: UUID | None = None, key: str = "", by: Actor, now: datetime
) -> Finding:
    """The finding of this kind about this customer and thing; made, or open again, if need be.

    `key` is an id or a code, of at most 64 characters. Raises `UnknownKind`.
    """
    if kind not in KINDS or KINDS[kind].flags:
        raise UnknownKind
    today = now.date()
    new = {"first_on": today, "last_on": today, "opened_at": now, "counted_at": now}
    names: dict[str, Any] = {"kind": kind, "customer_id": customer, "key": key}
    names |= {"subprocessor": "", "account": "", "endpoint": ""}
    made, created = Finding.objects.get_or_create(**names, defaults=new)
    finding = Finding.objects.select_for_update().get(pk=made.pk)
    if created:
        acts.note(FindingAct.Kind.RAISED, [finding], by=by, now=now)
    elif not finding.standing:
        last = max(finding.last_on, today)
        Finding.objects.filter(pk=finding.pk).update(standing=True, last_on=last, counted_at=now)
        if finding.state in (State.EXPLAINED, State.FIXED):
            count.open_again([finding], now=now)
        finding.refresh_from_db()
    return finding


@transaction.atomic
def close_finding(
    kind: str, *, customer: UUID | None = None, key: str = "", by: Actor, now: datetime
) -> bool:
    """It does not hold any more; False if there is no such finding, or it was closed before."""
    found = Finding.objects.filter(kind=kind, customer=customer, key=key, standing=True)
    finding = found.select_for_update().first()
    if finding is None or KINDS[kind].flags:
        return False
    Finding.objects.filter(pk=finding.pk).update(standing=False)
    if finding.state == State.OPEN:
        Finding.objects.filter(pk=finding.pk).update(
            state=State.FIXED, decided_by=acts.person(by), decided_at=now, note=GONE
        )
    acts.note(FindingAct.Kind.CLOSED, [finding], by=by, now=now)
    return True
