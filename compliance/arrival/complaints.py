"""What was refused, as sentences and as a list that can be mended and taken in again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from compliance.arrival.plan import Plan
from compliance.arrival.read import ADDED, Problem, Reading
from compliance.audit.tables import csv_pieces


def sentence(problem: Problem) -> str:
    """`Line 12, notice_days: 20 days are not allowed … Write 30 to 366 …`"""
    where = f"Line {problem.line}, {problem.column}" if problem.column else f"Line {problem.line}"
    return f"{where}: {problem.wrong} {problem.do}"


def summary(plan: Plan) -> Iterator[str]:
    """The numbers of a plan."""
    roles = ", ".join(f"{number:,} {role}" for role, number in sorted(plan.contacts.items()))
    yield f"{plan.new:,} new customers"
    yield f"{plan.added_to:,} customers get what they lack"
    yield f"{plan.contacts.total():,} contacts" + (f" ({roles})" if roles else "")
    yield f"{plan.acceptances:,} acceptances of terms"
    yield f"{plan.there:,} lines ask for nothing new"
    yield f"{plan.refused:,} lines refused"


def refused_csv(reading: Reading, problems: Iterable[Problem]) -> Iterator[bytes]:
    """The refused lines as they came, each with its complaints behind it.

    It can be mended and taken in again as it is: the columns of complaints are not read.
    """
    by_line: dict[int, list[Problem]] = {}
    for problem in problems:
        by_line.setdefault(problem.line, []).append(problem)
    return csv_pieces([*reading.columns, *ADDED], _rows(reading, by_line))


def _rows(reading: Reading, by_line: dict[int, list[Problem]]) -> Iterator[Sequence[object]]:
    width = len(reading.columns)
    for number, problems in sorted(by_line.items()):
        cells = [*reading.raw[number], *[""] * width][:width]
        wrong = "; ".join(
            f"{problem.column}: {problem.wrong}" if problem.column else problem.wrong
            for problem in problems
        )
        yield [*cells, number, wrong, "; ".join(problem.do for problem in problems)]
