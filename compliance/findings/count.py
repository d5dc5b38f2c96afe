"""Flags become findings: what the engine counted since the last time is added up here.

It is taken from the engine and added in one transaction, so whoever dies half-way has counted
nothing, and nothing is counted twice. A finding that was decided opens again when the decision does
not cover what came in (`rules.py`).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection, transaction

from compliance.findings import acts, rules
from compliance.findings.models import Finding, FindingAct, FindingDay
from retention.actor import SYSTEM
from retention.records import flagged
from retention.records.flagged import Fresh

AT_ONCE = 5_000
CLOSED = {"decided_by": None, "decided_at": None, "note": "", "accepted_until": None}
DAYS = """
    INSERT INTO compliance_findingday AS known (finding_id, day, items)
    SELECT * FROM unnest(%s::uuid[], %s::date[], %s::bigint[])
    ON CONFLICT (finding_id, day) DO UPDATE SET items = known.items + excluded.items
"""
TOUCHES = """
    INSERT INTO compliance_findingtouch AS known
        (finding_id, customer_id, items, first_on, last_on, told, untold_on)
    SELECT finding, customer, items, first_on, last_on, 0, first_on
    FROM unnest(%s::uuid[], %s::uuid[], %s::bigint[], %s::date[], %s::date[])
        AS sent(finding, customer, items, first_on, last_on)
    WHERE EXISTS (SELECT FROM compliance_customer AS owner WHERE owner.id = customer)
    ON CONFLICT (finding_id, customer_id) DO UPDATE SET items = known.items + excluded.items,
        first_on = least(known.first_on, excluded.first_on),
        last_on = greatest(known.last_on, excluded.last_on),
        untold_on = least(known.untold_on, excluded.untold_on)
"""


class Group(NamedTuple):
    """What flags of one finding have in common."""

    kind: str
    subprocessor: str
    account: str
    endpoint: str


def count_up(*, now: datetime) -> int:
    """Count everything that came in; open again what that is not covered by. Returns how many."""
    total = 0
    while True:
        taken = _count_some(now)
        total += taken
        if taken < AT_ONCE:
            break
    _end_acceptances(now)
    return total


@transaction.atomic
def _count_some(now: datetime) -> int:
    fresh = flagged.take(AT_ONCE)
    if fresh:
        by_group: dict[Group, list[Fresh]] = defaultdict(list)
        for one in fresh:
            by_group[Group(one.flag, one.subprocessor, one.account, one.endpoint)].append(one)
        findings = _findings(by_group, now)
        _add(findings, by_group)
        _grow(findings, by_group, now)
    return len(fresh)


def _findings(by_group: Mapping[Group, Sequence[Fresh]], now: datetime) -> dict[Group, Finding]:
    """The finding of each group, made where there is none, and locked."""
    Finding.objects.bulk_create(
        [
            Finding(
                **group._asdict(), opened_at=now, counted_at=now,
                first_on=min(one.clock_day for one in fresh),
                last_on=max(one.clock_day for one in fresh),
            )
            for group, fresh in by_group.items()
        ],
        ignore_conflicts=True,
    )  # fmt: skip
    found = Finding.objects.filter(kind__in={group.kind for group in by_group}, customer=None)
    locked = found.filter(subprocessor__in={group.subprocessor for group in by_group})
    named = {
        Group(one.kind, one.subprocessor, one.account, one.endpoint): one
        for one in locked.filter(key="").order_by("pk").select_for_update()
    }
    return {group: named[group] for group in by_group}


def _add(findings: Mapping[Group, Finding], by_group: Mapping[Group, Sequence[Fresh]]) -> None:
    """The sums by day and by customer."""
    days: Counter[tuple[object, date]] = Counter()
    touches: dict[tuple[object, object], list[Fresh]] = defaultdict(list)
    for group, fresh in by_group.items():
        for one in fresh:
            days[findings[group].pk, one.clock_day] += one.items
            touches[findings[group].pk, one.customer].append(one)
    with connection.cursor() as cursor:
        columns = [(*names, items) for names, items in sorted(days.items(), key=str)]
        cursor.execute(DAYS, [list(column) for column in zip(*columns, strict=True)])
        rows = [
            (
                *names,
                sum(one.items for one in fresh),
                min(one.clock_day for one in fresh),
                max(one.clock_day for one in fresh),
            )
            for names, fresh in sorted(touches.items(), key=str)
        ]
        cursor.execute(TOUCHES, [list(column) for column in zip(*rows, strict=True)])


def _grow(
    findings: Mapping[Group, Finding], by_group: Mapping[Group, Sequence[Fresh]], now: datetime
) -> None:
    """The finding's own counts; and open again where the decision does not cover them."""
    again = []
    most = _most_on_a_day(findings, by_group)
    for group, fresh in by_group.items():
        finding = findings[group]
        finding.items += sum(one.items for one in fresh)
        finding.first_on = min(finding.first_on, *(one.clock_day for one in fresh))
        finding.last_on = max(finding.last_on, *(one.clock_day for one in fresh))
        finding.counted_at = now
        if rules.opens_again(finding, most=most[group]):
            again.append(finding)
    fields = ["items", "first_on", "last_on", "counted_at"]
    Finding.objects.bulk_update(findings.values(), fields, batch_size=500)
    open_again(again, now=now)


def _most_on_a_day(
    findings: Mapping[Group, Finding], by_group: Mapping[Group, Sequence[Fresh]]
) -> dict[Group, int]:
    """Of each accepted group: the largest sum among the days that were added to."""
    accepted = {
        group: {one.clock_day for one in fresh}
        for group, fresh in by_group.items()
        if findings[group].state == Finding.State.ACCEPTED
    }
    pks = [findings[group].pk for group in accepted]
    sums = FindingDay.objects.filter(finding__in=pks).values_list("finding", "day", "items")
    known = {(finding, day): items for finding, day, items in sums} if pks else {}
    return {
        group: max((known[findings[group].pk, day] for day in accepted.get(group, ())), default=0)
        for group in by_group
    }


def open_again(findings: Sequence[Finding], *, now: datetime) -> None:
    """By the service itself, in the caller's transaction; the rows must be locked."""
    if not findings:
        return
    pks = [finding.pk for finding in findings]
    Finding.objects.filter(pk__in=pks).update(state=Finding.State.OPEN, opened_at=now, **CLOSED)
    acts.note(FindingAct.Kind.REOPENED, findings, by=SYSTEM, now=now)


@transaction.atomic
def _end_acceptances(now: datetime) -> None:
    """What was accepted until a day that is over is open again."""
    over = Finding.objects.filter(accepted_until__lt=now.date()).order_by("pk")
    open_again(list(over.select_for_update()), now=now)


def usual(findings: Sequence[Finding], *, today: date) -> dict[object, int]:
    """Flags on a usual day of each, rounded up: the mean of those of four weeks that had any."""
    first = today - timedelta(days=rules.DAYS_LOOKED_AT - 1)
    days = FindingDay.objects.filter(finding__in=[f.pk for f in findings], day__gte=first)
    sums: dict[object, list[int]] = defaultdict(list)
    for finding, items in days.values_list("finding", "items"):
        sums[finding].append(items)
    return {finding: -(-sum(found) // len(found)) for finding, found in sums.items()}
