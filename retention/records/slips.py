"""Slips and sums: how something is counted without any writer waiting for another.

Whoever writes records adds slips in the same transaction, so what was acknowledged is always
counted; nothing is updated there. The tick takes slips away and adds them to sums, in one
statement (`sql/fold.sql`). What is counted, and by which names, says the table that is folded.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from django.db import connection, transaction
from psycopg import sql

SQL = Path(__file__).parent.parent / "sql"
# Letters, digits and what models, accounts and endpoints are made of: no sentence fits.
FIT = "^[[:alnum:] ._:/@+-]{0,64}$"


@dataclass(frozen=True, slots=True)
class Counting:
    """Slips of a table, and the sums that they become.

    `kind` is a code of ours; `names` are the sender's own, and may become `other`; of `numbers`
    the first is `items`. `further`: another statement over the same slips.
    """

    slips: str
    sums: str
    kind: str
    names: tuple[str, ...]
    numbers: tuple[str, ...]
    types: tuple[str, ...]
    further: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """Of a slip, in the order in which it is added."""
        return ("customer_id", "clock_day", self.kind, *self.names, *self.numbers)

    def copy(self) -> str:
        """The statement that adds slips: half the time of an INSERT, however few there are."""
        return f"COPY {self.slips} ({', '.join(self.columns)}) FROM STDIN (FORMAT BINARY)"

    def fold(self) -> str:
        """The statement that folds them."""
        text = (SQL / "fold.sql").read_text()
        # By place: a name means the column that was taken, not what became of it.
        places = ", ".join(str(4 + n) for n in range(len(self.names)))
        fragments = {
            "slips": sql.Identifier(self.slips),
            "sums": sql.Identifier(self.sums),
            "kind": sql.Identifier(self.kind),
            "names": _each("{name}", self.names, ", "),
            "numbers": _each("{name}", self.numbers, ", "),
            "fits": _each("{name} ~ {fit}", self.names, " AND "),
            "if_fit": _each("CASE WHEN fit THEN {name} ELSE 'other' END AS {name}", self.names),
            "if_named": _each(
                "CASE WHEN stands OR place <= %(most_names)s THEN {name} ELSE 'other' END"
                " AS {name}",
                self.names,
            ),
            "added": _each("sum({name})::bigint AS {name}", self.numbers),
            "grown": _each("{name} = " + self.sums + ".{name} + excluded.{name}", self.numbers),
            "places": sql.SQL(places),
            "further": sql.SQL(f",\n{self.further.strip()}" if self.further else ""),
        }
        return sql.SQL(text).format(**fragments).as_string(None)


def _each(pattern: str, names: Sequence[str], between: str = ", ") -> sql.Composed:
    """The pattern for each name."""
    return sql.SQL(between).join(
        sql.SQL(pattern).format(name=sql.Identifier(name), fit=sql.Literal(FIT)) for name in names
    )


def add(copy_in: str, types: Sequence[str], slips: Iterable[Sequence[object]]) -> None:
    """Add slips in the current transaction."""
    with connection.cursor() as cursor, cursor.copy(copy_in) as copy:
        copy.set_types(types)
        for slip in slips:
            copy.write_row(slip)


def fold(statement: str, *, lock: str, at_once: int, most_names: int) -> int:
    """Add all slips to the sums; returns how many slips there were.

    One folder at a time; whoever comes second leaves it to the first. A slip is taken and added in
    one statement, so a reader never finds it twice or not at all.
    """
    total = 0
    while True:
        folded = _fold_some(statement, lock, at_once, most_names)
        total += folded
        if folded < at_once:
            return total


@transaction.atomic
def _fold_some(statement: str, lock: str, at_once: int, most_names: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext(%s))", [lock])
        if not cursor.fetchone()[0]:
            return 0
        cursor.execute(statement, {"limit": at_once, "most_names": most_names})
        return int(cursor.fetchone()[0])
