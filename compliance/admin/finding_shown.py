"""Findings as the pages show them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse

from compliance.admin import words
from compliance.findings import queries
from compliance.findings.kinds import Kind, kind_of
from compliance.findings.models import Finding, FindingAct
from retention.policies.models import PolicyVersion

TONES = {"open": "warn", "explained": "good", "fixed": "good", "accepted": "quiet"}
TALLEST = 24


@dataclass(frozen=True, slots=True)
class Bar:
    """A week in the small picture."""

    x: int
    y: float
    height: float


@dataclass(frozen=True, slots=True)
class Row:
    """A finding in the list."""

    finding: Finding
    kind: Kind
    url: str
    where: Sequence[str]
    state: Any
    age: str
    customers: int
    bars: Sequence[Bar]
    lately: int
    before: int


def rows(findings: Sequence[Finding], today: date) -> list[Row]:
    """With their weeks and how many customers each touches: two statements for all."""
    weeks, touched = queries.weeks(findings, today), queries.customers_of(findings)
    return [_row(finding, weeks[finding.pk], touched[finding.pk], today) for finding in findings]


def _row(finding: Finding, weeks: Sequence[int], touched: int, today: date) -> Row:
    return Row(
        finding,
        kind_of(finding.kind),
        reverse("admin:finding", args=[finding.pk]),
        where(finding),
        words.pill(finding.get_state_display(), TONES[finding.state]),
        age(finding, today),
        touched or (1 if finding.customer_id else 0),
        bars(weeks),
        weeks[-1],
        sum(weeks[:-1]),
    )


def where(finding: Finding) -> list[str]:
    """To whom the calls went, or whom it is about."""
    if finding.subprocessor or finding.account or finding.endpoint:
        named = {"": finding.subprocessor, "account ": finding.account}
        named["endpoint "] = finding.endpoint
        return [f"{word}{name}" for word, name in named.items() if name]
    return [str(finding.customer)] if finding.customer else []


def age(finding: Finding, today: date) -> str:
    """Since when it is open, or for how long it is decided."""
    since = (finding.decided_at or finding.opened_at).date()
    days = (today - since).days
    return "less than a day" if days <= 0 else f"{days:,} day{'' if days == 1 else 's'}"


def bars(weeks: Sequence[int]) -> list[Bar]:
    """A bar for each week, the highest as tall as the picture; a little is still seen."""
    most = max(weeks, default=0)
    return [
        Bar(n * 10, round(TALLEST - tall, 1), round(tall, 1))
        for n, items in enumerate(weeks)
        if items
        for tall in [max(2.0, TALLEST * items / most)]
    ]


def goes_on(finding: Finding) -> tuple[str, str] | None:
    """Where an officer goes on, of kinds that have a page."""
    page = kind_of(finding.kind).page
    if page == "customer" and finding.customer_id:
        url = reverse("admin:compliance_customer_change", args=[finding.customer_id])
        return url, f"The page of {finding.customer}"
    if page == "policy":
        number = _number(finding.key)
        if version := number and PolicyVersion.objects.filter(number=number).first():
            url = reverse("admin:retention_policyversion_change", args=[version.pk])
            return url, str(version)
        return reverse("admin:retention_policyversion_changelist"), "Policy versions"
    return None


def _number(key: str) -> int | None:
    return int(key) if key.isdecimal() and len(key) < 9 else None


def told(act: FindingAct) -> str:
    """A line of the history in words."""
    match act.kind:
        case FindingAct.Kind.ASSIGNED:
            return f"Given to {act.owner}"
        case FindingAct.Kind.ACCEPTED:
            until = f"until {words.day(act.until)}" if act.until else "for good"
            return f"Accepted {until}"
        case FindingAct.Kind.TOLD:
            assert act.letter
            return f"{act.letter.customer} was written to"
        case FindingAct.Kind.REOPENED if act.by is None:
            return "Opened again: the decision does not cover what came in"
        case _:
            return FindingAct.Kind(act.kind).label.capitalize()
