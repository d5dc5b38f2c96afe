"""The demonstration's findings: counted, and the first of them worked off by the officer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from compliance.findings import work
from compliance.findings.count import count_up
from compliance.findings.models import Finding, FindingAct
from compliance.people.acting import actor_of
from compliance.people.models import User
from compliance.people.roles import StaffRole
from retention.records import flagged

WHY_EXPLAINED = "The vendor did not answer that day; the sender tried again, and that call has it."
WHY_ACCEPTED = "The sender is being changed; until then its code is deleted after a day."


def count_flags(now: datetime) -> None:
    """As the worker does every minute."""
    flagged.fold(today=now.date())
    count_up(now=now)


def work_off(now: datetime) -> None:
    """Once: later starts count up only."""
    count_flags(now)
    officer = User.objects.filter(groups__name=StaffRole.OFFICER.value).order_by("-email").first()
    if officer is None or FindingAct.objects.exists():
        return
    by = actor_of(officer)
    of_kind = Finding.objects.order_by("items", "id").filter
    work.explain(_ids(of_kind(kind="no_content")[:1]), WHY_EXPLAINED, by=by, now=now)
    work.accept(_ids(of_kind(kind="code_not_marked")[:1]), WHY_ACCEPTED, until=None, by=by, now=now)
    work.assign(_ids(of_kind(kind="no_finding")[:1]), officer, by=by, now=now)


def _ids(findings: Iterable[Finding]) -> list[UUID]:
    return [finding.pk for finding in findings]
