"""Drafts: written and changed by officers, thrown away without a trace but the log's.

Whoever changed a draft last is its author, so that nobody approves their own last word.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict, Unpack

from django.db import transaction
from django.db.models import Max

from retention.actor import Actor
from retention.errors import InvalidVersion, StaleVersion
from retention.ledger.append import Fact, append
from retention.policies.content import digest
from retention.policies.models import PolicyPeriod, PolicyVersion
from retention.policies.rules import (
    CEILING_MONTHS,
    LONGEST_RETAIN_DAYS,
    DataClass,
    Period,
    Rules,
)

DRAFT = PolicyVersion.State.DRAFT
SNIPPETS = Period(days=1, or_when_delivered=True)
MOST_CONTEXT_LINES = 1_000


class Content(TypedDict):
    """Everything that a version says."""

    rules: Rules
    text: str
    purpose: str
    exceptions: str
    places: str
    context_lines: int
    whole_files: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """What is wrong with one field, as a code."""

    field: str
    code: str


@transaction.atomic
def draft(
    *, number: int | None = None, by: Actor, now: datetime, **content: Unpack[Content]
) -> PolicyVersion:
    """A new draft, by default with the next number. Raises `InvalidVersion`."""
    _refuse_complaints(content)
    if number is None:
        number = 1 + (PolicyVersion.objects.aggregate(last=Max("number"))["last"] or 0)
    version = PolicyVersion(number=number)
    _write(version, content, by)
    _log("drafted", version, by, now)
    return version


@transaction.atomic
def edit(
    version: PolicyVersion, *, by: Actor, now: datetime, **content: Unpack[Content]
) -> PolicyVersion:
    """Say it all anew; `by` is its author from here on.

    Raises `InvalidVersion`, and `StaleVersion` when it is no draft any more.
    """
    _refuse_complaints(content)
    locked = _locked(version)
    locked.periods.all().delete()
    _write(locked, content, by)
    _log("edited", locked, by, now)
    return locked


@transaction.atomic
def discard(version: PolicyVersion, *, by: Actor, now: datetime) -> None:
    """Throw a draft away. Raises `StaleVersion` when it is no draft any more."""
    locked = _locked(version)
    append(
        "policy:version:discarded",
        now=now,
        facts={"version": locked.number, "actor": by.kind, "actor_id": by.id},
    )
    locked.periods.all().delete()
    locked.delete()


def complaints(content: Content) -> Sequence[Complaint]:
    """What is wrong with it, field by field; nothing when it can be a version."""
    periods = content["rules"].periods
    found = [
        Complaint(data_class.value, code)
        for data_class in DataClass
        if (code := _wrong_period(data_class, periods.get(data_class)))
    ]
    found += [Complaint(name, "missing") for name in ("text", "reason") if not _said(content, name)]
    if not 0 <= content["context_lines"] <= MOST_CONTEXT_LINES:
        found.append(Complaint("context_lines", "out_of_range"))
    return found


def _wrong_period(data_class: DataClass, period: Period | None) -> str | None:
    if period is None:
        return "missing"
    if data_class is DataClass.SNIPPET:
        return None if period == SNIPPETS else "a_day_or_when_delivered"
    if period.or_when_delivered:
        return "only_snippets_end_when_delivered"
    too_long = (period.months or 0) > CEILING_MONTHS or (period.days or 0) > LONGEST_RETAIN_DAYS
    return "more_than_six_months" if too_long else None


def _said(content: Content, name: str) -> bool:
    return bool(str(content.get(name, "")).strip())


def _refuse_complaints(content: Content) -> None:
    if found := complaints(content):
        raise InvalidVersion(complaints=[(one.field, one.code) for one in found])


def _locked(version: PolicyVersion) -> PolicyVersion:
    locked = PolicyVersion.objects.select_for_update().filter(pk=version.pk, state=DRAFT).first()
    if locked is None:
        raise StaleVersion
    return locked


def _write(version: PolicyVersion, content: Content, by: Actor) -> None:
    for name, value in content.items():
        if name != "rules":
            setattr(version, name, value)
    version.author_id = by.id
    version.save()
    PolicyPeriod.objects.bulk_create(
        PolicyPeriod(
            version=version,
            data_class=data_class.value,
            months=period.months,
            days=period.days,
            or_when_delivered=period.or_when_delivered,
        )
        for data_class, period in content["rules"].periods.items()
    )


def _log(what: str, version: PolicyVersion, by: Actor, now: datetime) -> None:
    facts: dict[str, Fact] = {"version": version.number, "content": digest(version)}
    facts |= {"actor": by.kind, "actor_id": by.id}
    append(f"policy:version:{what}", now=now, facts=facts)
