"""Findings as pages show them. Each is a fixed number of statements, however many there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from compliance.findings.models import Finding, FindingAct, FindingDay, FindingLetter, FindingTouch

WEEKS, WEEK = 8, 7
NEWEST_ACTS = 100


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which findings; what is empty narrows nothing.

    `owner`: of this login; `nobody`: of no login; `customers`: None, or any of these.
    """

    state: str = ""
    kind: str = ""
    vendor: str = ""
    owner: UUID | None = None
    nobody: bool = False
    customers: Collection[UUID] | None = None

    def all(self) -> QuerySet[Finding]:
        """They, the most flags first."""
        found = Finding.objects.order_by("-items", "-last_on", "id")
        if self.state:
            found = found.filter(state=self.state)
        if self.kind:
            found = found.filter(kind=self.kind)
        if self.vendor:
            found = found.filter(subprocessor=self.vendor)
        if self.owner or self.nobody:
            found = found.filter(owner=self.owner)
        return found if self.customers is None else found.filter(self._touched())

    def _touched(self) -> Q:
        mine = FindingTouch.objects.filter(
            finding=OuterRef("pk"), customer__in=list(self.customers or ())
        )
        return Q(customer__in=list(self.customers or ())) | Q(Exists(mine))


def sums(found: QuerySet[Finding]) -> tuple[int, int]:
    """How many findings, and how many flags."""
    of_all = found.order_by().aggregate(number=Count("pk"), flags=Sum("items"))
    return of_all["number"], of_all["flags"] or 0


def still_open() -> tuple[int, int]:
    """How many are open, and how many of them are nobody's."""
    of_open = Finding.objects.filter(state=Finding.State.OPEN).aggregate(
        number=Count("pk"), nobody=Count("pk", filter=Q(owner=None))
    )
    return of_open["number"], of_open["nobody"]


def kinds_and_vendors() -> tuple[list[str], list[str]]:
    """What there is to choose from, in one statement."""
    pairs = set(Finding.objects.order_by().values_list("kind", "subprocessor").distinct())
    vendors = {vendor for _kind, vendor in pairs if vendor}
    return sorted({kind for kind, _vendor in pairs}), sorted(vendors, key=str.lower)


def weeks(findings: Iterable[Finding], today: date) -> Mapping[UUID, Sequence[int]]:
    """Flags of each in the last weeks, each of seven days, the oldest first."""
    first = today - timedelta(days=WEEKS * WEEK - 1)
    found: dict[UUID, list[int]] = {finding.pk: [0] * WEEKS for finding in findings}
    days = FindingDay.objects.filter(finding__in=list(found), day__gte=first, day__lte=today)
    for finding, day, items in days.values_list("finding", "day", "items"):
        found[finding][(day - first).days // WEEK] += items
    return found


def days(finding: Finding, today: date) -> list[tuple[date, int]]:
    """Each day of the same weeks with its flags."""
    first = today - timedelta(days=WEEKS * WEEK - 1)
    known = dict(
        FindingDay.objects.filter(finding=finding, day__gte=first).values_list("day", "items")
    )
    each = [first + timedelta(days=n) for n in range(WEEKS * WEEK)]
    return [(day, known.get(day, 0)) for day in each]


def customers_of(findings: Iterable[Finding]) -> Mapping[UUID, int]:
    """How many customers each touches."""
    ids = [finding.pk for finding in findings]
    counted = FindingTouch.objects.filter(finding__in=ids).values("finding").order_by()
    return defaultdict(int, counted.annotate(n=Count("pk")).values_list("finding", "n"))


def touches(finding: Finding) -> QuerySet[FindingTouch]:
    """The customers it touches, the most flags first."""
    return finding.touched.select_related("customer").order_by("-items", "customer__name")


def history(finding: Finding) -> Sequence[FindingAct]:
    """What was done about it, the newest first."""
    acts: Any = finding.acts.select_related("by", "owner", "letter", "letter__customer")
    return list(acts[:NEWEST_ACTS])


def letters(finding: Finding, most: int) -> Sequence[FindingLetter]:
    """What customers were told about it, the newest first."""
    about = FindingLetter.objects.filter(acts__finding=finding).select_related("customer")
    return list(about.order_by("-made_at", "id").distinct()[:most])
