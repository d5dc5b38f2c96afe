"""How many flags came in, by day, flag, subprocessor, account and endpoint, for each customer.

Flags lie on records and go with them; that there were so many is known for two years. Slips become
sums (`slips.py`). Somebody on top works the sums off: `take` says what came in since it was last
asked, once for each flag.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from operator import itemgetter
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from retention.policies.rules import add_months
from retention.records import slips
from retention.records.rows import Row
from retention.records.tally import FOLDED_AT_ONCE, MONTHS_KEPT, MOST_NAMES

LOCK = "retention fold flags"
COUNTING = slips.Counting(
    "retention_flagslip",
    "retention_flagcount",
    kind="flag",
    names=("subprocessor", "account", "endpoint"),
    numbers=("items",),
    types=("uuid", "date", "text", "text", "text", "text", "int8"),
)
ADD, FOLD = COUNTING.copy(), COUNTING.fold()
# By place, since it is done for every record.
_flags = itemgetter(Row._fields.index("flags"))
TAKE = """
    WITH fresh AS (
        SELECT id, items - taken AS items FROM retention_flagcount
        WHERE items > taken ORDER BY id LIMIT %s FOR UPDATE
    )
    UPDATE retention_flagcount AS sums SET taken = sums.items FROM fresh
    WHERE sums.id = fresh.id
    RETURNING sums.customer_id, sums.clock_day, sums.flag, sums.subprocessor, sums.account,
        sums.endpoint, fresh.items
"""
DAYS_TRIED = 30
NEWEST = """
    SELECT customer_id, clock_day FROM retention_flagcount
    WHERE flag = %s AND subprocessor = %s AND account = %s AND endpoint = %s
    ORDER BY clock_day DESC, customer_id LIMIT %s
"""
# LATERAL with a LIMIT: a look into one partition for each pair.
SAMPLES = """
    SELECT found.* FROM unnest(%s::uuid[], %s::date[]) AS wanted(customer, day)
    CROSS JOIN LATERAL (
        SELECT record.customer_id, record.clock_day, record.exchange_id
        FROM retention_record AS record JOIN retention_cell AS cell ON cell.id = record.cell_id
        WHERE record.customer_id = wanted.customer AND record.clock_day = wanted.day
            AND cell.state = 'open' AND cell.expires_on > %s AND record.erased_at IS NULL
            AND %s = ANY(record.flags) AND record.subprocessor = %s AND record.account = %s
            AND record.endpoint = %s
        LIMIT %s
    ) found
    ORDER BY found.clock_day DESC, found.customer_id, found.exchange_id LIMIT %s
"""


class Fresh(NamedTuple):
    """Flags that nobody has taken yet."""

    customer: UUID
    clock_day: date
    flag: str
    subprocessor: str
    account: str
    endpoint: str
    items: int


def add(written: Iterable[Row]) -> None:
    """Count the flags of rows that were just written, in their transaction and before its guard."""
    if flagged := list(filter(_flags, written)):
        sums = Counter(
            (row.customer_id, row.clock_day, flag, row.subprocessor, row.account, row.endpoint)
            for row in flagged
            for flag in row.flags
        )
        slips.add(ADD, COUNTING.types, ((*names, items) for names, items in sums.items()))


def fold(*, today: date) -> int:
    """Add all slips to the sums and forget sums that are too old; returns how many slips."""
    total = slips.fold(FOLD, lock=LOCK, at_once=FOLDED_AT_ONCE, most_names=MOST_NAMES)
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM retention_flagcount WHERE clock_day < %s AND taken = items",
            [add_months(today, -MONTHS_KEPT)],
        )
    return total


def take(most: int) -> list[Fresh]:
    """What came in since it was last taken, in the caller's transaction: rolled back, not taken.

    Waits for whoever folds or takes: both lock sums, in orders of their own.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])
        cursor.execute(TAKE, [most])
        return [Fresh(*row) for row in cursor.fetchall()]


def samples(group: Sequence[str], *, today: date, most: int) -> list[tuple[UUID, date, UUID]]:
    """Some calls that carry a flag and may still be read: customer, day and the call's id.

    `group`: flag, subprocessor, account and endpoint. The newest days first.
    """
    with connection.cursor() as cursor:
        cursor.execute(NEWEST, [*group, DAYS_TRIED])
        places = cursor.fetchall()
        customers, days = [owner for owner, _ in places], [day for _, day in places]
        cursor.execute(SAMPLES, [customers, days, today, *group, most, most])
        return list(cursor.fetchall())
