"""How much came in, by day, kind, model and purpose (P1): numbers, which outlive the content."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet, Sum

from retention.records.models import DayTally, Tally

OTHER = "other"
WEEK = 7


class Amount(NamedTuple):
    """Items, and the bytes of their texts."""

    items: int = 0
    bytes: int = 0

    def plus(self, other: Amount) -> Amount:
        """Both together."""
        return Amount(self.items + other.items, self.bytes + other.bytes)

    @property
    def average(self) -> int:
        """Bytes of one item."""
        return round(self.bytes / self.items) if self.items else 0


NONE = Amount()


@dataclass(frozen=True, slots=True)
class Period:
    """The clock days from `first` to `last`, shown in steps of so many days."""

    first: date
    last: date
    step: int

    def starts(self) -> list[date]:
        """The first day of each step."""
        days = range(0, (self.last - self.first).days + 1, self.step)
        return [self.first + timedelta(days=n) for n in days]

    def start_of(self, day: date) -> date:
        """The first day of the step that holds this one."""
        return day - timedelta(days=(day - self.first).days % self.step)


def last_days(today: date, days: int) -> Period:
    """So many days up to today; more than about three months are shown by week."""
    if days <= 92:
        return Period(today - timedelta(days=days - 1), today, 1)
    weeks = -(-days // WEEK)
    return Period(today - timedelta(days=weeks * WEEK - 1), today, WEEK)


@dataclass(frozen=True, slots=True)
class Volumes:
    """What came in over a period; each mapping is complete by itself."""

    period: Period
    by_step: Mapping[date, Mapping[str, Amount]]
    by_kind: Mapping[str, Amount]
    by_model: Mapping[tuple[str, str], Amount]
    by_purpose: Mapping[str, Amount]

    @property
    def total(self) -> Amount:
        """Everything."""
        return _sum(self.by_kind.values())


def volumes(period: Period, *, customer: UUID | None = None) -> Volumes:
    """What came in, of one customer or of all. Two queries."""
    found = _of(period, customer)
    by_day = _amounts(found, "clock_day", "data_class")
    by_name = _amounts(found, "data_class", "model", "subprocessor", "purpose")
    by_step: dict[date, dict[str, Amount]] = {start: {} for start in period.starts()}
    for (day, kind), amount in by_day.items():
        step = by_step[period.start_of(day)]
        step[kind] = step.get(kind, NONE).plus(amount)
    return Volumes(
        period,
        by_step,
        _grouped(by_name, lambda names: names[0]),
        _grouped(by_name, lambda names: (names[1], names[2])),
        _grouped(by_name, lambda names: names[3]),
    )


def _of(period: Period, customer: UUID | None) -> QuerySet[Any]:
    days = {"clock_day__gte": period.first, "clock_day__lte": period.last}
    if customer is None:
        return DayTally.objects.filter(**days)
    return Tally.objects.filter(customer_id=customer, **days)


def _amounts(found: QuerySet[Any], *names: str) -> dict[tuple[Any, ...], Amount]:
    rows = found.values_list(*names).annotate(Sum("items"), Sum("bytes")).order_by()
    return {tuple(row[:-2]): Amount(int(row[-2]), int(row[-1])) for row in rows}


def _grouped(
    amounts: Mapping[tuple[Any, ...], Amount], name_of: Callable[[tuple[Any, ...]], Any]
) -> dict[Any, Amount]:
    """Largest first; what has no name of its own comes last."""
    sums: dict[Any, Amount] = defaultdict(Amount)
    for names, amount in amounts.items():
        sums[name_of(names)] = sums[name_of(names)].plus(amount)
    return dict(
        sorted(sums.items(), key=lambda found: (OTHER in _texts(found[0]), -found[1].items))
    )


def _texts(name: str | tuple[str, ...]) -> Sequence[str]:
    return (name,) if isinstance(name, str) else name


def _sum(amounts: Iterable[Amount]) -> Amount:
    total = NONE
    for amount in amounts:
        total = total.plus(amount)
    return total


def largest(amounts: Mapping[Any, Amount], most: int, rest: Any) -> list[tuple[Any, Amount]]:
    """The first so many; the others together under the name `rest`."""
    rows = list(amounts.items())
    if len(rows) <= most:
        return rows
    return [*rows[: most - 1], (rest, _sum(amount for _name, amount in rows[most - 1 :]))]
