"""What is kept and on which day it goes, over all customers, without reading every cell each time.

The tick counts once a minute, and whoever asks gets that, with its time. For an hour it is better
than none: what is past its date meanwhile is left out. Before the first tick, when no worker came
by for longer, or after a demonstration's clock was moved by more, whoever asks counts by himself.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple

from django.db import connection

from retention.expiry.models import Outlook

FRESH, STANDS = timedelta(minutes=2), timedelta(hours=1)
COUNT = """
    SELECT expires_on, data_class, count(*),
        sum(acknowledged - delivered - erased - held - purged)::bigint
    FROM retention_cell
    WHERE state IN ('open', 'sealed') AND expires_on > %s
        AND acknowledged > delivered + erased + held + purged
    GROUP BY 1, 2 ORDER BY 1, 2
"""


class Line(NamedTuple):
    """Everything of one kind that goes on one day: cells that hold something, and their rows."""

    expires_on: date
    data_class: str
    cells: int
    items: int


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept, by deletion date, as counted at that moment.

    `late`: that is longer ago than a worker that comes by every minute would leave it.
    """

    counted_at: datetime
    lines: list[Line]
    late: bool = False

    def until(self, last: date) -> list[Line]:
        """What goes by the end of that day."""
        return [line for line in self.lines if line.expires_on <= last]


def note(*, now: datetime) -> None:
    """Count and leave it for the pages."""
    rows = [(line.expires_on.isoformat(), *line[1:]) for line in _count(now.date())]
    found = Outlook(id=1, counted_at=now, lines=rows)
    Outlook.objects.bulk_create(
        [found], update_conflicts=True, unique_fields=["id"], update_fields=["counted_at", "lines"]
    )


def kept(*, now: datetime) -> Kept:
    """What is kept: as it was counted within the last hour, or counted now."""
    noted = Outlook.objects.first()
    if noted and timedelta(0) <= (age := now - noted.counted_at) < STANDS:
        lines = [Line(date.fromisoformat(day), *rest) for day, *rest in noted.lines]
        due_later = [line for line in lines if line.expires_on > now.date()]
        return Kept(noted.counted_at, due_later, late=age >= FRESH)
    return Kept(now, list(_count(now.date())))


def _count(today: date) -> Iterable[Line]:
    with connection.cursor() as cursor:
        cursor.execute(COUNT, [today])
        return [Line(*row) for row in cursor.fetchall()]
