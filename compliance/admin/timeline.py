"""The versions over time as a drawing: who was, is and will be on which. Pure; a template draws it.

A row for each version. How tall it is filled on a day says which part of all customers is on it;
what is to come is hatched, what simply
goes on is pale, what was entered from before this service is grey.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from compliance.admin import words
from compliance.admin.charts import Mark
from compliance.admin.versions_queries import Stretch, bound_on

WIDTH, LEFT, RIGHT = 900, 96, 12
ROW, FULL, TOP, BOTTOM = 52, 34, 22, 26
AHEAD, LEAST = timedelta(days=45), timedelta(days=120)
MOST_MARKS = 8


@dataclass(frozen=True, slots=True)
class Line:
    """A row to be. `possible`: from when a version that is not announced could apply."""

    name: str
    says: str
    stretches: Sequence[Stretch] = ()
    recorded: tuple[date, date] | None = None
    possible: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A row as it is drawn: what was, what goes on from it, what is to come, what is possible."""

    name: str
    says: str
    base: float
    middle: float
    past: str = ""
    goes_on: str = ""
    future: str = ""
    grey: str = ""
    possible: str = ""


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that the template draws."""

    rows: Sequence[Row]
    marks: Sequence[Mark]
    today: float
    height: int
    width: int = WIDTH
    left: int = LEFT
    top: int = TOP
    right: int = field(default=WIDTH - RIGHT)
    bottom: int = 0


@dataclass(frozen=True, slots=True)
class Axis:
    """From days to places."""

    first: date
    last: date

    def at(self, day: date) -> float:
        """Where a day lies; days beyond the ends lie at them."""
        day = min(max(day, self.first), self.last)
        part = (day - self.first).days / max(1, (self.last - self.first).days)
        return round(LEFT + part * (WIDTH - LEFT - RIGHT), 1)


def drawn(lines: Sequence[Line], today: date) -> Drawing:
    """The picture of these versions on that day."""
    axis = _axis(lines, today)
    whole = max((_most(line.stretches) for line in lines), default=0)
    rows = [_row(line, n, axis, today, whole) for n, line in enumerate(lines)]
    bottom = TOP + ROW * len(lines)
    marks = _marks(axis)
    return Drawing(rows, marks, axis.at(today), bottom + BOTTOM, bottom=bottom)


def _axis(lines: Sequence[Line], today: date) -> Axis:
    days = [one.first for line in lines for one in line.stretches]
    days += [line.recorded[0] for line in lines if line.recorded]
    ahead = [today, *days, *(line.possible for line in lines if line.possible)]
    first = min([today - LEAST, *days])
    return Axis(first, max(ahead) + AHEAD)


def _most(stretches: Sequence[Stretch]) -> int:
    """The largest number of customers on any day on which it changes."""
    return max((bound_on(stretches, one.first) for one in stretches), default=0)


def _row(line: Line, number: int, axis: Axis, today: date, whole: int) -> Row:
    base = TOP + ROW * (number + 1) - 6.0
    full = base - FULL
    grey = _block(axis, *line.recorded, base, full + FULL / 2) if line.recorded else ""
    possible = _block(axis, line.possible, axis.last, base, full) if line.possible else ""
    tomorrow = today + timedelta(days=1)
    steps = _steps(line.stretches, axis)
    past = _area([(day, n) for day, n in steps if day <= today], axis, tomorrow, base, whole)
    ahead = [(tomorrow, bound_on(line.stretches, tomorrow))]
    ahead += [(day, n) for day, n in steps if day > tomorrow]
    future = _area(ahead, axis, axis.last, base, whole)
    on_it = bound_on(line.stretches, today) > 0
    goes_on, future = (future, "") if on_it else ("", future)
    return Row(
        line.name, line.says, base, base - FULL / 2 + 4, past, goes_on, future, grey, possible
    )


def _steps(stretches: Sequence[Stretch], axis: Axis) -> list[tuple[date, int]]:
    """The days on which the number changes, and the number from then on."""
    change: dict[date, int] = {}
    for one in stretches:
        change[one.first] = change.get(one.first, 0) + one.customers
        if one.until:
            change[one.until] = change.get(one.until, 0) - one.customers
    steps, bound = [], 0
    for day in sorted(change):
        bound += change[day]
        steps.append((day, bound))
    return steps


def _area(steps: Sequence[tuple[date, int]], axis: Axis, end: date, base: float, whole: int) -> str:
    """A filled staircase from the first step to the end; nothing where nobody is on it."""
    if not any(number for _, number in steps):
        return ""
    path = [f"M{axis.at(steps[0][0])} {base}"]
    for day, number in steps:
        tall = FULL * number / whole
        path.append(f"H{axis.at(day)}V{round(base - tall, 1)}")
    return "".join([*path, f"H{axis.at(end)}V{base}Z"])


def _block(axis: Axis, first: date, last: date, base: float, top: float) -> str:
    return f"M{axis.at(first)} {base}V{top}H{axis.at(last)}V{base}Z"


def _marks(axis: Axis) -> list[Mark]:
    """First days of months, not more than there is room for."""
    months = (axis.last.year - axis.first.year) * 12 + axis.last.month - axis.first.month
    every = max(1, -(-months // MOST_MARKS))
    marks = []
    for n in range(every, months + 1, every):
        year, month0 = divmod(axis.first.month - 1 + n, 12)
        day = date(axis.first.year + year, month0 + 1, 1)
        if day <= axis.last:
            marks.append(Mark(axis.at(day), f"{day:%b\u00a0%Y}"))
    return marks


def says(name: str, stretches: Sequence[Stretch], today: date) -> str:
    """A row in words, for who points at it or does not see it."""
    now, coming = bound_on(stretches, today), [one for one in stretches if one.first > today]
    if now:
        return f"{name}: {_customers(now)} today"
    if not coming:
        return f"{name}: nobody today"
    told = max(bound_on(stretches, one.first) for one in coming)
    first = min(one.first for one in coming)
    return f"{name}: {_customers(told)} told, the first change on {words.day(first)}"


def _customers(number: int) -> str:
    return f"{number:,} customer{'' if number == 1 else 's'}"
