"""What the next deletion run would do, as data: due, blocked and why, kept."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date, timedelta

from django.db import connection

SUMMARY = """
    SELECT
        CASE WHEN blocked <> '' THEN 'blocked'
             WHEN expires_on > %(today)s THEN 'kept' ELSE 'due' END AS what,
        clock_day, data_class, state, expires_on, blocked,
        count(*), sum(acknowledged - delivered - erased - held)::bigint
    FROM retention_cell
    WHERE state <> 'purged' AND (expires_on <= %(horizon)s OR blocked <> '')
    GROUP BY 1, 2, 3, 4, 5, 6 ORDER BY expires_on, clock_day, data_class, state
"""


@dataclass(frozen=True, slots=True)
class PlanLine:
    """Cells that share their fate. `what`: due, blocked or kept; `why`: a code when blocked."""

    what: str
    clock_day: date
    data_class: str
    state: str
    expires_on: date
    why: str
    cells: int
    records: int

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return {
            key: value.isoformat() if isinstance(value, date) else value
            for key, value in asdict(self).items()
        }


def plan(today: date, *, days_ahead: int = 0) -> list[PlanLine]:
    """What is due on `today`, what is blocked, and what becomes due within `days_ahead` days."""
    horizon = today + timedelta(days=days_ahead)
    with connection.cursor() as cursor:
        cursor.execute(SUMMARY, {"today": today, "horizon": horizon})
        return [PlanLine(*row) for row in cursor.fetchall()]


def next_deletion(today: date) -> date | None:
    """The next day on which something is due, or None when nothing is kept."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(expires_on) FROM retention_cell"
            " WHERE state <> 'purged' AND expires_on > %s AND acknowledged > delivered + erased",
            [today],
        )
        found: date | None = cursor.fetchone()[0]
    return found
