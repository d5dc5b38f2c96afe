"""What went, by month and kind, without reading the deletion records of half a year.

Each statement that writes deletion records adds its sums in the same transaction, and so does the
end of a purge for the snippets that had been returned; nothing of either is ever changed. So the
sums are exact at any moment, whatever the worker or a demonstration's clock does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple

from django.db import connection

from retention.expiry.claims import DueCell
from retention.expiry.models import RemovedSum


class Gone(NamedTuple):
    """Items of one kind that went in one month; `month` is its first day.

    `returned`: not by a deletion run but with their result, by the day of their call.
    """

    month: date
    data_class: str
    returned: bool
    items: int


# What was returned and is not purged yet has no sum: it is counted in its cells, a day's at most.
GONE = """
    SELECT date_trunc('month', day::timestamp)::date, data_class, returned, sum(items)::bigint
    FROM (
        SELECT day, data_class, returned, items FROM retention_removedsum
        WHERE day BETWEEN %(first)s AND %(last)s
        UNION ALL
        SELECT clock_day, data_class, true, delivered FROM retention_cell
        WHERE data_class = 'snippet' AND state <> 'purged'
            AND clock_day BETWEEN %(first)s AND %(last)s AND delivered > 0
    ) gone
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


def gone(first: date, last: date) -> list[Gone]:
    """What went on these days, both included, by month. One query."""
    with connection.cursor() as cursor:
        cursor.execute(GONE, {"first": first, "last": last})
        return [Gone(*row) for row in cursor.fetchall()]


def add_returned(cells: Iterable[DueCell]) -> None:
    """The snippets of cells that are being purged which went when their result was returned.

    Call it in the transaction that purges them.
    """
    items: Counter[tuple[date, str]] = Counter()
    for cell in cells:
        items[cell.clock_day, cell.data_class] += cell.delivered
    RemovedSum.objects.bulk_create(
        RemovedSum(day=day, data_class=kind, returned=True, items=number)
        for (day, kind), number in sorted(items.items())
        if number
    )
