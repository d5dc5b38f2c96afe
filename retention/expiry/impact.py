"""What a version would do to what is kept now, before anybody decides. Reads, never writes.

Counted over live cells, as if the version took effect for every customer on the same day: a longer
notice period, a profile or a stay only make it later or leave less to move. What comes in from now
on is not guessed. There are no legal holds yet: none of the items is on one.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from typing import Any, NamedTuple

from django.db import connection

from retention.policies.models import PolicyVersion
from retention.policies.publish import earliest_effect
from retention.policies.rules import DataClass, Rules, ceiling, earliest_accepted

WEEKS = 27

SUMS = """
    SELECT data_class, clock_day, expires_on, count(*),
        sum(acknowledged - delivered - erased - held)::bigint
    FROM retention_cell WHERE state IN ('open', 'sealed') AND expires_on > %(today)s
    GROUP BY 1, 2, 3
"""
# Only kinds and days that the version ends before the ceiling can reach anybody.
CUSTOMERS = """
    SELECT count(*) FROM (
        SELECT cell.customer_id FROM retention_cell cell
        JOIN unnest(%(kinds)s::text[], %(days)s::date[], %(ends)s::date[])
            AS version(data_class, clock_day, said) USING (data_class, clock_day)
        WHERE cell.state IN ('open', 'sealed') AND cell.expires_on > greatest(said, %(effect)s)
            AND cell.data_class = ANY(%(kinds)s)
        GROUP BY 1) reached
"""


class Line(NamedTuple):
    """Cells of one kind that share their date now and their date under the version."""

    data_class: str
    expires_on: date
    said: date
    cells: int
    items: int


@dataclass(frozen=True, slots=True)
class Impact:
    """Sums only. `weeks`: (day, items kept under the old dates, under the new ones)."""

    version: int
    today: date
    takes_effect_on: date
    earliest: date
    customers: int
    cells: int
    items: int
    by_class: Mapping[str, Mapping[str, int]]
    first_day: Mapping[str, Mapping[str, int]]
    on_hold: int
    weeks: Sequence[tuple[date, int, int]]

    def as_dict(self) -> dict[str, Any]:
        """For JSON, as it is stored with the approval."""
        plain: dict[str, Any] = _plain(asdict(self))
        return plain


def impact(version: PolicyVersion, *, takes_effect_on: date, today: date) -> Impact:
    """Whose dates would move, how much goes on the first day, and what is left week by week."""
    rules = version.rules()
    with connection.cursor() as cursor:
        cursor.execute(SUMS, {"today": today})
        lines = [_line(rules, takes_effect_on, *row) for row in cursor.fetchall()]
        cursor.execute(CUSTOMERS, {**_shortened(rules, today), "effect": takes_effect_on})
        customers = cursor.fetchone()[0]
    moved = [line for line in lines if line.said < line.expires_on]
    return Impact(
        version=version.number,
        today=today,
        takes_effect_on=takes_effect_on,
        earliest=earliest_effect(today),
        customers=customers,
        cells=sum(line.cells for line in moved),
        items=sum(line.items for line in moved),
        by_class=_by_class(moved),
        first_day=_by_class([line for line in moved if line.said <= takes_effect_on]),
        on_hold=0,
        weeks=_weeks(lines, takes_effect_on, today),
    )


def _line(
    rules: Rules, effect: date, kind: str, clock_day: date, expires_on: date, cells: int, items: int
) -> Line:
    """What ends before the version takes effect is left alone by it."""
    said = expires_on if expires_on <= effect else min(expires_on, _end(rules, kind, clock_day))
    return Line(kind, expires_on, said, cells, items)


def _end(rules: Rules, kind: str, clock_day: date) -> date:
    period = rules.periods.get(DataClass(kind))
    return min(period.end(clock_day), ceiling(clock_day)) if period else ceiling(clock_day)


def _shortened(rules: Rules, today: date) -> dict[str, Any]:
    """Each kind and clock day that the version ends before the ceiling does, and when."""
    first = earliest_accepted(today)
    days = [first + timedelta(days=n) for n in range((today - first).days + 2)]
    found = [
        (kind.value, day, end)
        for kind in DataClass
        for day in days
        if (end := _end(rules, kind.value, day)) < ceiling(day)
    ]
    return {
        "kinds": [kind for kind, _, _ in found],
        "days": [day for _, day, _ in found],
        "ends": [end for _, _, end in found],
    }


def _by_class(lines: Sequence[Line]) -> dict[str, dict[str, int]]:
    sums: dict[str, dict[str, int]] = defaultdict(lambda: {"cells": 0, "items": 0})
    for line in lines:
        sums[line.data_class]["cells"] += line.cells
        sums[line.data_class]["items"] += line.items
    return dict(sums)


def _weeks(lines: Sequence[Line], effect: date, today: date) -> list[tuple[date, int, int]]:
    days = [today + timedelta(weeks=week) for week in range(WEEKS)]
    return [
        (
            day,
            sum(line.items for line in lines if line.expires_on > day),
            sum(line.items for line in lines if _gone_on(line, effect) > day),
        )
        for day in days
    ]


def _gone_on(line: Line, effect: date) -> date:
    """Nothing goes earlier than on the day on which the version takes effect."""
    return line.expires_on if line.said == line.expires_on else max(line.said, effect)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value.isoformat() if isinstance(value, date) else value
