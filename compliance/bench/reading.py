"""One exchange out: by the server's id, and by the customer's own id and day.

The anchor is a SELECT of one row by its whole primary key through the same connection. What the
statements touch is asked of the planner, with the very parameters that were used.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from compliance.bench import samples
from compliance.bench.report import Report
from compliance.customers.onboard import create_customer
from compliance.intake.exchanges import Refused, read
from retention import clock
from retention.actor import SYSTEM
from retention.policies.rules import DataClass
from retention.records import ingest, queries
from retention.records.identity import clock_day, exchange_id, record_id
from retention.records.queries import Address

EXCHANGES, READS = 20_000, 2_000
BATCH = 500
BY_KEY = "SELECT * FROM retention_record WHERE customer_id = %s AND clock_day = %s AND id = %s"
Look = Callable[[str], object]


def run(*, scale: float, progress: Callable[[str], None]) -> Report:
    """Microseconds to find one exchange, and the partitions that this touches."""
    count, reads = max(100, round(EXCHANGES * scale)), max(20, round(READS * scale))
    now = clock.now()
    today = clock_day(now)
    customer = create_customer("Acme", by=SYSTEM, now=now).pk
    progress(f"reading: storing {count:,} exchanges")
    names = _store(customer, count)

    def by_id(name: str) -> object:
        address = Address(exchange=exchange_id(customer, name, today))
        return queries.exchange(customer, address, today=today)

    def by_own_id(name: str) -> object:
        return queries.exchange(customer, Address(external_id=name, day=today), today=today)

    def with_content(name: str) -> object:
        address = Address(external_id=name, day=today)
        view = queries.exchange(customer, address, today=today)
        return queries.open_records(customer, view, now=now)

    def by_key(name: str) -> object:
        identifier = record_id(exchange_id(customer, name, today), DataClass.PROMPT, "1")
        with connection.cursor() as cursor:
            cursor.execute(BY_KEY, [customer, today, identifier])
            return cursor.fetchone()

    looks: dict[str, Look] = {
        "by the server's id": by_id,
        "by own id and day": by_own_id,
        "by own id and day, with content": with_content,
        "anchor: one row by primary key": by_key,
    }
    progress(f"reading: {reads:,} times each")
    return _report(looks, random.Random(1).choices(names, k=reads), scale)


def _store(customer: UUID, count: int) -> list[str]:
    names = []
    for number in range(0, count, BATCH):
        now = clock.now()
        at = now.isoformat()
        sent = samples.exchanges(f"read-{number}", min(BATCH, count - number), occurred_at=at)
        fit = [new for new in map(read, sent) if not isinstance(new, Refused)]
        names += [outcome.external_id for outcome in ingest.store(customer, fit, now=now)]
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE retention_record")
    return names


def _report(looks: dict[str, Look], names: Sequence[str], scale: float) -> Report:
    report = Report("reading", scale)
    took: dict[str, list[float]] = {look: [] for look in looks}
    for name in names:
        # In turns, so that what disturbs one disturbs all.
        for look, call in looks.items():
            started = time.perf_counter()
            call(name)
            took[look].append((time.perf_counter() - started) * 1e6)
    anchor = sorted(took["anchor: one row by primary key"])[len(names) // 2]
    for look, values in took.items():
        middle = report.add(look, "µs", values)
        report.notes.append(f"{look}: {middle / anchor:.2f} of the anchor.")
    for look, call in looks.items():
        touched = partitions_touched(lambda c=call: c(names[0]))  # type: ignore[misc]
        report.at_most(f"touched {look}", "partitions", len(touched), 1)
    return report


def partitions_touched(call: Callable[[], object]) -> set[str]:
    """The partitions of records in the plans of all statements that `call` executes."""
    seen: list[tuple[str, Any]] = []
    with connection.execute_wrapper(_noting(seen)):
        call()
    found: set[str] = set()
    with connection.cursor() as cursor:
        for statement, parameters in seen:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {statement}", parameters)
            plan = cursor.fetchone()[0]
            found |= set(_relations(json.loads(plan) if isinstance(plan, str) else plan))
    return {name for name in found if name.startswith("retention_record_")}


def _noting(seen: list[tuple[str, Any]]) -> Callable[..., Any]:
    def note(execute: Any, statement: str, parameters: Any, many: bool, context: Any) -> Any:
        if statement.lstrip().upper().startswith("SELECT"):
            seen.append((statement, parameters))
        return execute(statement, parameters, many, context)

    return note


def _relations(plan: Any) -> Iterator[str]:
    if isinstance(plan, list):
        for item in plan:
            yield from _relations(item)
    elif isinstance(plan, dict):
        if "Relation Name" in plan:
            yield plan["Relation Name"]
        for value in plan.values():
            yield from _relations(value)
