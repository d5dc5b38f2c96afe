"""One midnight of 10,000 customers: 40,000 cells are due, and the deletion run takes them all.

What is due then are prompts, responses and evaluations of the day six months ago, which goes as a
whole, and the snippets of yesterday, whose rows are deleted.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any
from unittest.mock import patch

from compliance.bench import loading
from compliance.bench.report import Report
from retention.expiry import prove, steps
from retention.expiry.sweep import sweep
from retention.ledger import sequence
from retention.policies.rules import DataClass, ceiling
from retention.records.cells import CellName

CUSTOMERS, EACH, SIZE = 10_000, 2, 300
ROUNDS = 3
MOST_SECONDS = 60.0
STEPS = {
    "1 close": (steps, "seal"),
    "3 count, and write down the intent": (steps, "pass_point_of_no_return"),
    "4 destroy the keys": (steps, "shred"),
    "5 remove the rows": (steps, "remove_rows"),
    "6 write deletion records": (prove, "write_deletion_records"),
    "6 finish": (prove, "finish"),
    "sign the entries": (sequence, "sign_pending"),
}


def run(*, scale: float, progress: Callable[[str], None]) -> Report:
    """How long a deletion run takes, and which of its steps."""
    count = max(10, round(CUSTOMERS * scale))
    rounds = ROUNDS if scale >= 1 else 1
    report, total = Report("cells", scale), []
    took: dict[str, list[float]] = defaultdict(list)
    for number in range(rounds):
        progress(f"cells: round {number + 1} of {rounds}, {count:,} customers")
        now = _midnight(count)
        with timed(took):
            started = time.perf_counter()
            done = sweep(now=lambda: now)  # noqa: B023 (called at once)
            total.append(time.perf_counter() - started)
        if done.purged != 4 * count or done.records != 4 * count * EACH:
            raise RuntimeError(f"The engine did something else: {done}")
    seconds = report.add(f"deletion run over {4 * count:,} cells", "s", total)
    for name, values in took.items():
        report.add(name, "s", values)
    report.at_most("deletion run over 40,000 cells", "s", seconds, MOST_SECONDS)
    report.notes.append(f"{EACH} records in each cell.")
    return report


def _midnight(count: int) -> Any:
    """Everything that becomes due on one day, and a moment of that day."""
    day = loading.oldest_day()
    today = ceiling(day)
    customers = loading.customers(count)
    for of_day, classes in (
        (day, loading.KEPT),
        (today - timedelta(days=1), (DataClass.SNIPPET,)),
    ):
        names = [CellName(customer, of_day, c, 0) for customer in customers for c in classes]
        loading.make_cells(names, records=EACH, expires_on=today)
        loading.write_rows(
            row
            for customer in customers
            for row in loading.rows(customer, of_day, classes, EACH, SIZE)
        )
    loading.checkpoint()
    return loading.due_at(day)


@contextmanager
def timed(took: dict[str, list[float]]) -> Iterator[None]:
    """Adds up the seconds of each step of the run inside."""
    seconds: dict[str, float] = defaultdict(float)

    def clocked(name: str, step: Callable[..., Any]) -> Callable[..., Any]:
        @wraps(step)
        def call(*args: Any, **kwargs: Any) -> Any:
            started = time.perf_counter()
            try:
                return step(*args, **kwargs)
            finally:
                seconds[name] += time.perf_counter() - started

        return call

    with ExitStack() as stack:
        for name, (module, step) in STEPS.items():
            stack.enter_context(patch.object(module, step, clocked(name, getattr(module, step))))
        yield
    for name in STEPS:
        took[name].append(seconds[name])
