"""How much came in, by day, kind and names. It survives the content, so it holds numbers only.

Whoever writes records adds slips in the same transaction, so an acknowledged record is always
counted; nothing is updated there, so no writer ever waits for another. The tick folds slips into
sums, for each customer and over all of them (`sql/fold_tallies.sql`): readers see them a minute
later.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from operator import itemgetter
from pathlib import Path

from django.db import connection, transaction

from retention.policies.rules import add_months
from retention.records.rows import Row

# Names are the sender's own: a customer that invents more on one day has the rest in one sum.
MOST_NAMES = 200
MONTHS_KEPT = 24
FOLDED_AT_ONCE = 50_000
NAMES = ("customer_id", "clock_day", "data_class", "model", "purpose", "subprocessor")
# Half the time of an INSERT, however few rows there are.
ADD = f"COPY retention_tallyslip ({', '.join(NAMES)}, items, bytes) FROM STDIN (FORMAT BINARY)"
TYPES = ["uuid", "date", "varchar", "text", "text", "text", "int8", "int8"]
FOLD = (Path(__file__).parent.parent / "sql" / "fold_tallies.sql").read_text()
# By place, since it is done for every record: by name it takes twice as long.
_names = itemgetter(*(Row._fields.index(name) for name in NAMES))
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
    with connection.cursor() as cursor, cursor.copy(ADD) as copy:
        copy.set_types(TYPES)
        for names, slip in sums.items():
            copy.write_row((*names, *slip))


def fold(*, today: date) -> int:
    """Add all slips to the sums and forget sums that are too old; returns how many slips.

    One folder at a time; whoever comes second leaves it to the first. A slip is taken and added in
    one statement, so a reader never finds it twice or not at all.
    """
    total = 0
    while True:
        folded = _fold_some()
        total += folded
        if folded < FOLDED_AT_ONCE:
            break
    oldest = add_months(today, -MONTHS_KEPT)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM retention_tally WHERE clock_day < %s", [oldest])
        cursor.execute("DELETE FROM retention_daytally WHERE clock_day < %s", [oldest])
    return total


@transaction.atomic
def _fold_some() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('retention fold tallies'))")
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(FOLD, {"limit": FOLDED_AT_ONCE, "most_names": MOST_NAMES})
        return int(cursor.fetchone()[0])
