"""How much came in, by day, kind and names. It survives the content, so it holds numbers only.

Slips become sums (`slips.py`), for each customer and over all of them: readers see them a minute
later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from operator import itemgetter

from django.db import connection

from retention.policies.rules import add_months
from retention.records import slips
from retention.records.rows import Row

# Names are the sender's own: a customer that invents more on one day has the rest in one sum.
MOST_NAMES = 200
MONTHS_KEPT = 24
FOLDED_AT_ONCE = 50_000
COUNTING = slips.Counting(
    "retention_tallyslip",
    "retention_tally",
    kind="data_class",
    names=("model", "purpose", "subprocessor"),
    numbers=("items", "bytes"),
    types=("uuid", "date", "varchar", "text", "text", "text", "int8", "int8"),
    further=(slips.SQL / "fold_days.sql").read_text(),
)
ADD, FOLD = COUNTING.copy(), COUNTING.fold()
# By place, since it is done for every record: by name it takes twice as long.
_names = itemgetter(*(Row._fields.index(name) for name in COUNTING.columns[:-2]))
_size = itemgetter(Row._fields.index("size"))


def add(written: Iterable[Row]) -> None:
    """Count rows that were just written, in their transaction and before its guard."""
    sums: dict[tuple[object, ...], list[int]] = {}
    for row in written:
        if slip := sums.get(names := _names(row)):
            slip[0] += 1
            slip[1] += _size(row)
        else:
            sums[names] = [1, _size(row)]
    slips.add(ADD, COUNTING.types, ((*names, *slip) for names, slip in sums.items()))


def fold(*, today: date) -> int:
    """Add all slips to the sums and forget sums that are too old; returns how many slips."""
    total = slips.fold(
        FOLD, lock="retention fold tallies", at_once=FOLDED_AT_ONCE, most_names=MOST_NAMES
    )
    oldest = add_months(today, -MONTHS_KEPT)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM retention_tally WHERE clock_day < %s", [oldest])
        cursor.execute("DELETE FROM retention_daytally WHERE clock_day < %s", [oldest])
    return total
