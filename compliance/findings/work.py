"""What an officer does with findings, with one or with thousands at once.

Each verb takes ids, works on those to which it applies, and returns how many these were; whoever
comes second changes nothing. A decision covers what was counted until then.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from compliance.findings import acts, count
from compliance.findings.acts import person
from compliance.findings.errors import FindingRefused
from compliance.findings.models import LONGEST_NOTE, Finding, FindingAct
from compliance.people.models import User
from retention.actor import Actor

State = Finding.State
Kind = FindingAct.Kind


@transaction.atomic
def assign(chosen: Collection[UUID], owner: User, *, by: Actor, now: datetime) -> int:
    """Give them to somebody; what is theirs already stays as it is.

    Raises `FindingRefused` for a login that is switched off.
    """
    if not owner.is_active:
        raise FindingRefused("This login is switched off.")
    findings = _locked(chosen, *State.values)
    given = [finding for finding in findings if finding.owner_id != owner.pk]
    _rows(given).update(owner=owner)
    acts.note(Kind.ASSIGNED, given, by=by, now=now, owner=owner, facts={"owner": owner.pk})
    return len(given)


def explain(chosen: Collection[UUID], note: str, *, by: Actor, now: datetime) -> int:
    """They are what they should be, for this reason. New flags open them again."""
    return _decide(chosen, Kind.EXPLAINED, note, by=by, now=now)


def fix(chosen: Collection[UUID], note: str, *, by: Actor, now: datetime) -> int:
    """Something was changed, so there will be no more. New flags open them again."""
    return _decide(chosen, Kind.FIXED, note, by=by, now=now, standing=False)


@transaction.atomic
def accept(
    chosen: Collection[UUID], note: str, *, until: date | None, by: Actor, now: datetime
) -> int:
    """They may go on as usual, until the end of a day or for good.

    Open again once that day is over, or when there are ten times as many on a day as usual.
    Raises `FindingRefused` for a day that is over.
    """
    if until and until < now.date():
        raise FindingRefused("The day until which they are accepted is over.")
    findings = _locked(chosen, State.OPEN)
    usual = count.usual(findings, today=now.date())
    for finding in findings:
        finding.usual = usual.get(finding.pk, 0)
    Finding.objects.bulk_update(findings, ["usual"], batch_size=500)
    return _decide(chosen, Kind.ACCEPTED, note, by=by, now=now, accepted_until=until)


@transaction.atomic
def reopen(chosen: Collection[UUID], *, by: Actor, now: datetime) -> int:
    """Take decisions back; what was decided stays in the history."""
    findings = _locked(chosen, State.EXPLAINED, State.FIXED, State.ACCEPTED)
    _rows(findings).update(state=State.OPEN, opened_at=now, **count.CLOSED)
    acts.note(Kind.REOPENED, findings, by=by, now=now)
    return len(findings)


@transaction.atomic
def _decide(
    chosen: Collection[UUID],
    kind: Kind,
    note: str,
    *,
    by: Actor,
    now: datetime,
    **more: object,
) -> int:
    note = note.strip()
    if not note or len(note) > LONGEST_NOTE:
        raise FindingRefused(f"A decision needs a reason of at most {LONGEST_NOTE:,} characters.")
    findings = _locked(chosen, State.OPEN)
    _rows(findings).update(
        state=kind.value, decided_by=person(by), decided_at=now, note=note, covered=F("items"),
        **more,
    )  # fmt: skip
    until = more.get("accepted_until")
    day = until if isinstance(until, date) else None
    facts = {"until": day} if kind == Kind.ACCEPTED else {}
    acts.note(kind, findings, by=by, now=now, text=note, until=day, facts=facts)
    return len(findings)


def _locked(chosen: Collection[UUID], *states: str) -> list[Finding]:
    """Those in one of the states, in the order in which everybody locks them."""
    found = Finding.objects.filter(pk__in=list(chosen), state__in=states)
    return list(found.order_by("pk").select_for_update())


def _rows(findings: Sequence[Finding]) -> QuerySet[Finding]:
    return Finding.objects.filter(pk__in=[finding.pk for finding in findings])
