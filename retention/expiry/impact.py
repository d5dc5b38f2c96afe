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

WEEKS = 27

# What ends before the version takes effect is left alone by it.
DATES = """
    SELECT cell.customer_id, cell.data_class, cell.expires_on,
        CASE WHEN cell.expires_on <= %(effect)s THEN cell.expires_on
             ELSE least(cell.expires_on, (cell.clock_day + make_interval(
                 months => coalesce(period.months, 0)::int,
                 days => coalesce(period.days, 0)::int))::date)
        END AS said,
        cell.acknowledged - cell.delivered - cell.erased - cell.held AS items
    FROM retention_cell cell
    LEFT JOIN retention_policyperiod period
        ON period.version_id = %(version)s AND period.data_class = cell.data_class
    WHERE cell.state IN ('open', 'sealed') AND cell.expires_on > %(today)s
"""
SUMS = f"""
    SELECT data_class, expires_on, said, count(*), sum(items)::bigint
    FROM ({DATES}) dates GROUP BY 1, 2, 3
"""
CUSTOMERS = f"SELECT count(DISTINCT customer_id) FROM ({DATES}) dates WHERE said < expires_on"


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
    values = {"version": version.pk, "effect": takes_effect_on, "today": today}
    with connection.cursor() as cursor:
        cursor.execute(SUMS, values)
        lines = [Line(*row) for row in cursor.fetchall()]
        cursor.execute(CUSTOMERS, values)
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
