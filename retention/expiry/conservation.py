"""Counting: acknowledged = live + held + delivered + erased + purged, in rows, for every cell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from django.db import connection

# One statement sees cells and rows at one moment, so ingest may go on meanwhile.
OF_CELLS = """
    SELECT record.cell_id, count(*) FROM retention_record record
    WHERE record.customer_id = ANY(%s) AND record.clock_day = %s AND record.cell_id = ANY(%s)
    GROUP BY record.cell_id
"""
OF_DAY = """
    SELECT coalesce(cell.id, live.cell_id) FROM
        (SELECT * FROM retention_cell WHERE clock_day = %s AND state IN ('open', 'sealed')) cell
        FULL JOIN
        (SELECT cell_id, count(*) AS n FROM retention_record WHERE clock_day = %s GROUP BY cell_id)
        live ON live.cell_id = cell.id
    WHERE coalesce(cell.acknowledged - cell.delivered - cell.erased - cell.held - cell.purged, 0)
        <> coalesce(live.n, 0)
        AND NOT EXISTS (SELECT FROM retention_cell gone
            WHERE gone.id = live.cell_id AND gone.state IN ('purging', 'shredded'))
"""
# In key order, like everybody who locks cells.
MARK = """
    WITH found AS (
        SELECT id, id = ANY(%(wrong)s) AS wrong FROM retention_cell
        WHERE state IN ('open', 'sealed') AND ((blocked = '' AND id = ANY(%(wrong)s))
            OR (blocked = 'count_mismatch' AND id <> ALL(%(wrong)s)))
        ORDER BY id FOR NO KEY UPDATE
    )
    UPDATE retention_cell cell
    SET blocked = CASE WHEN found.wrong THEN 'count_mismatch' ELSE '' END
    FROM found WHERE cell.id = found.id
"""


def live_rows(day: date, customers: Sequence[UUID], cells: Sequence[UUID]) -> dict[UUID, int]:
    """How many rows of one day lie in each of these cells; a cell without rows is absent."""
    with connection.cursor() as cursor:
        cursor.execute(OF_CELLS, [list(customers), day, list(cells)])
        return dict(cursor.fetchall())


def mismatches(days: Sequence[date]) -> list[UUID]:
    """The cells of these days whose counts do not add up, and those of rows without a cell."""
    wrong: list[UUID] = []
    with connection.cursor() as cursor:
        for day in days:
            cursor.execute(OF_DAY, [day, day])
            wrong += [identifier for (identifier,) in cursor.fetchall()]
    return wrong


def check_all() -> list[UUID]:
    """Count every live day: cells that do not add up are blocked, those that do again are not."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT clock_day FROM retention_cell WHERE state <> 'purged' ORDER BY 1"
        )
        days = [day for (day,) in cursor.fetchall()]
        wrong = mismatches(days)
        cursor.execute(MARK, {"wrong": wrong})
    return wrong
