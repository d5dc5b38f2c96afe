"""Every statement on records names the customer and its days, and the plan shows that it helps."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from retention.expiry import partitions
from retention.policies.rules import DataClass
from retention.records import deliver, ingest, later, queries
from retention.records.parts import Outcome
from retention.records.queries import Address, ExchangeView
from tests.factories.exchanges import NOON, exchange, part
from tests.retention.records import raw

DAY = NOON.date()
OF_CUSTOMER = re.compile(r"\bcustomer_id\s*=\s*'")
OF_DAYS = re.compile(r"\bclock_day\s*(=|BETWEEN|>=)")
COPY = re.compile(r"^\s*(COPY|INSERT INTO) retention_record \(customer_id, clock_day,")


def captured(act: Callable[[], object]) -> list[str]:
    """The statements of an act that name the table of records."""
    with CaptureQueriesContext(connection) as context:
        act()
    found = [query["sql"] for query in context.captured_queries]
    return [statement for statement in found if "retention_record" in statement]


def stored(customer: UUID, external_id: str = "triage-1", **more: Any) -> Outcome:
    [outcome] = ingest.store(customer, [exchange(external_id, **more)], now=NOON)
    return outcome


def view_of(customer: UUID, outcome: Outcome) -> ExchangeView:
    return queries.exchange(customer, Address(exchange=outcome.exchange), today=DAY)


ACTS: dict[str, Callable[[UUID, Outcome], object]] = {
    "store": lambda acme, _: stored(acme, "new"),
    "store again": lambda acme, _: ingest.store(acme, [exchange(), exchange("new")], now=NOON),
    "add": lambda acme, o: later.add(
        acme, Address(exchange=o.exchange), part(DataClass.EVALUATION, "x"), now=NOON
    ),
    "add again": lambda acme, o: later.add(
        acme, Address(exchange=o.exchange), part(DataClass.RESPONSE, "other"), now=NOON
    ),
    "deliver": lambda acme, o: deliver.deliver(acme, Address(exchange=o.exchange), now=NOON),
    "read": view_of,
    "read by own id": lambda acme, _: queries.exchange(
        acme, Address(external_id="triage-1"), today=DAY
    ),
    "open": lambda acme, o: queries.open_records(acme, view_of(acme, o), now=NOON),
    "list": lambda acme, o: queries.exchanges(
        acme,
        today=DAY,
        data_class=DataClass.RESPONSE,
        repository="acme/payments",
        flag="secret",
        after=(DAY, UUID(int=(1 << 128) - 1)),
        limit=10,
    ),
}


@pytest.mark.parametrize("name", ACTS)
def test_p15_every_statement_on_records_names_the_customer_and_its_days(
    acme: UUID, name: str
) -> None:
    outcome = stored(acme, flags=("secret",))
    statements = captured(lambda: ACTS[name](acme, outcome))
    assert statements
    for statement in statements:
        if COPY.match(statement):
            continue
        mentions = statement.count("FROM retention_record") + statement.count(
            "UPDATE retention_record"
        )
        assert len(OF_CUSTOMER.findall(statement)) >= mentions >= 1, statement
        assert len(OF_DAYS.findall(statement)) >= mentions, statement
        assert acme.hex in statement


def scanned(statement: str) -> set[str]:
    """The partitions that the plan of a statement touches."""
    [(plan,)] = raw.run(f"EXPLAIN (FORMAT JSON) {statement}")
    tables: set[str] = set()

    def walk(node: dict[str, Any]) -> None:
        tables.add(str(node.get("Relation Name", "")))
        for child in node.get("Plans", []):
            walk(child)

    parsed = json.loads(plan) if isinstance(plan, str) else plan
    walk(parsed[0]["Plan"])
    return {table for table in tables if table.startswith("retention_record_")}


@pytest.mark.parametrize("ago", [0, 1, 90])
@pytest.mark.parametrize(
    "name",
    ["server id", "own id and day", "open", "deliver", "add"],
)
def test_one_exchange_by_its_id_touches_one_partition(acme: UUID, name: str, ago: int) -> None:
    day = DAY - timedelta(days=ago)
    outcomes = [stored(acme, at=NOON - timedelta(days=n)) for n in (0, 1, 90)]
    outcome = next(o for o in outcomes if o.clock_day == day)
    act: Callable[[], object]
    match name:
        case "own id and day":
            address = Address(external_id="triage-1", day=day)
            act = lambda: queries.exchange(acme, address, today=DAY)  # noqa: E731
        case "server id":
            act = lambda: view_of(acme, outcome)  # noqa: E731
        case _:
            act = lambda: ACTS[name](acme, outcome)  # noqa: E731
    statements = captured(act)
    assert statements
    for statement in statements:
        if not COPY.match(statement):
            assert scanned(statement) == {partitions.name_of(day)}, statement


def test_an_own_id_without_a_day_touches_days_with_live_cells_only(acme: UUID) -> None:
    days = {DAY - timedelta(days=ago) for ago in (5, 70)}
    for day in days:
        stored(acme, f"of-{day}", at=NOON.replace(month=day.month, day=day.day))
    act = lambda: queries.exchange(  # noqa: E731
        acme, Address(external_id=f"of-{min(days)}"), today=DAY
    )
    [statement] = captured(act)
    assert scanned(statement) == {partitions.name_of(day) for day in days}


def test_a_page_of_a_list_touches_the_days_it_shows(acme: UUID) -> None:
    for ago in (0, 3, 9):
        stored(acme, f"x{ago}", at=NOON - timedelta(days=ago))
    statements = captured(lambda: queries.exchanges(acme, today=DAY, limit=2))
    touched = set().union(*(scanned(statement) for statement in statements))
    shown: set[date] = {DAY, DAY - timedelta(days=3)}
    assert touched == {partitions.name_of(day) for day in shown}


def test_live_cells_are_read_first_and_records_second(acme: UUID) -> None:
    outcome = stored(acme)
    with CaptureQueriesContext(connection) as context:
        view_of(acme, outcome)
    tables = [
        "records" if "FROM retention_record" in query["sql"] else "cells"
        for query in context.captured_queries
    ]
    assert tables == ["cells", "records"]


def test_an_exchange_is_read_with_two_statements_and_opened_with_one_more(acme: UUID) -> None:
    outcome = stored(acme, snippets=tuple(f"line {n}" for n in range(30)))
    view = view_of(acme, outcome)
    with CaptureQueriesContext(connection) as reading:
        view_of(acme, outcome)
    with CaptureQueriesContext(connection) as opening:
        queries.open_records(acme, view, now=NOON)
    assert (len(reading), len(opening)) == (2, 1)


@pytest.mark.parametrize("count", [1, 50])
def test_a_batch_costs_the_same_few_statements_whatever_its_size(acme: UUID, count: int) -> None:
    stored(acme, "warm")
    with CaptureQueriesContext(connection) as context:
        ingest.store(acme, [exchange(f"x{n}") for n in range(count)], now=NOON)
    assert len(context) <= 12
