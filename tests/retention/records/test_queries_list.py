"""Lists of exchanges: filters, pages, and never another customer's."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from retention.policies.rules import DataClass
from retention.records import ingest, later, queries
from retention.records.parts import Call
from retention.records.queries import Address, ExchangeView
from tests.factories.exchanges import NOON, exchange, part

DAY = NOON.date()
A_DAY = timedelta(days=1)


def stored(customer: UUID, *sent: Any) -> list[UUID]:
    outcomes = ingest.store(customer, sent, now=NOON)
    assert {outcome.status.value for outcome in outcomes} == {"stored"}
    return [outcome.exchange for outcome in outcomes if outcome.exchange]


def names(customer: UUID, *, today: date = DAY, limit: int = 100, **filters: Any) -> list[str]:
    found = queries.exchanges(customer, today=today, limit=limit, **filters)
    return [view.external_id for view in found]


def over_days(count: int, each: int = 1) -> list[Any]:
    return [
        exchange(f"{ago}-{n}", at=NOON - timedelta(days=ago))
        for ago in range(count)
        for n in range(each)
    ]


def test_the_newest_day_comes_first(acme: UUID) -> None:
    stored(acme, *over_days(4))
    assert names(acme) == ["0-0", "1-0", "2-0", "3-0"]


def test_it_shows_each_exchange_once_with_all_its_live_records(acme: UUID) -> None:
    stored(acme, exchange(snippets=("a", "b"), evaluation="good"))
    [view] = queries.exchanges(acme, today=DAY, limit=10)
    assert len(view.records) == 5
    [tomorrow] = queries.exchanges(acme, today=DAY + A_DAY, limit=10)
    assert {str(r.data_class) for r in tomorrow.records} == {"prompt", "response", "evaluation"}


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        (None, None, ["0-0", "1-0", "2-0", "3-0"]),
        (DAY - A_DAY, None, ["0-0", "1-0"]),
        (None, DAY - 2 * A_DAY, ["2-0", "3-0"]),
        (DAY - 2 * A_DAY, DAY - A_DAY, ["1-0", "2-0"]),
        (DAY, DAY, ["0-0"]),
        (DAY, DAY - A_DAY, []),
        (DAY + A_DAY, None, []),
        (date.min, date.max, ["0-0", "1-0", "2-0", "3-0"]),
    ],
)
def test_days_are_bounds_that_are_included(
    acme: UUID, first: date | None, last: date | None, found: list[str]
) -> None:
    stored(acme, *over_days(4))
    assert names(acme, first=first, last=last) == found


@pytest.mark.parametrize(
    ("data_class", "found"),
    [
        (DataClass.PROMPT, {"all", "bare"}),
        (DataClass.RESPONSE, {"all"}),
        (DataClass.SNIPPET, {"all"}),
        (DataClass.EVALUATION, {"all"}),
    ],
)
def test_a_class_asks_for_exchanges_that_have_it(
    acme: UUID, data_class: DataClass, found: set[str]
) -> None:
    stored(acme, exchange("all", evaluation="good"), exchange("bare", response=None, snippets=()))
    assert set(names(acme, data_class=data_class)) == found


def test_p3_a_class_that_has_expired_is_not_found_any_more(acme: UUID) -> None:
    stored(acme, exchange())
    assert names(acme, data_class=DataClass.SNIPPET, today=DAY) == ["triage-1"]
    assert names(acme, data_class=DataClass.SNIPPET, today=DAY + A_DAY) == []


def test_a_repository_is_a_filter(acme: UUID) -> None:
    other = exchange("other")
    call = Call("triage", "openai", "gpt-5.1", provider="github", repository="acme/other")
    moved = other._replace(call=call)
    stored(acme, exchange(), moved)
    assert names(acme, repository="acme/other") == ["other"]
    assert names(acme, repository="acme/payments") == ["triage-1"]
    assert names(acme, repository="acme/none") == []


def test_a_flag_is_a_filter(acme: UUID) -> None:
    flagged = exchange("flagged", flags=("no_finding", "whole_file"))
    stored(acme, exchange("clean"), flagged, exchange("other", flags=("secret",)))
    assert names(acme, flag="whole_file") == ["flagged"]
    assert names(acme, flag="no_finding") == ["flagged"]
    assert names(acme, flag="personal_data") == []


@pytest.mark.parametrize("data_class", DataClass)
def test_filters_are_joined_by_and(acme: UUID, data_class: DataClass) -> None:
    stored(
        acme,
        exchange("both", evaluation="good", flags=("no_finding",)),
        exchange("clean", evaluation="good"),
        exchange("bare", response=None, snippets=(), flags=("no_finding",)),
    )
    found = names(acme, data_class=data_class, flag="no_finding", repository="acme/payments")
    assert set(found) == ({"both", "bare"} if data_class is DataClass.PROMPT else {"both"})


def test_flags_stay_when_a_retry_took_the_slower_way_into_the_table(acme: UUID) -> None:
    stored(acme, exchange("old"))
    ingest.store(acme, [exchange("old"), exchange("new", flags=("a", "b"))], now=NOON)
    found = {v.external_id: v.flags for v in queries.exchanges(acme, today=DAY, limit=9)}
    assert found == {"old": (), "new": ("a", "b")}


def pages(customer: UUID, limit: int, **filters: Any) -> list[list[ExchangeView]]:
    found: list[list[ExchangeView]] = []
    after = None
    while True:
        page = queries.exchanges(customer, today=DAY, limit=limit, after=after, **filters)
        if not page:
            return found
        found.append(page)
        assert len(found) < 100, "a cursor that does not move on"
        after = (page[-1].clock_day, page[-1].exchange)


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 12, 100])
def test_pages_have_no_gaps_and_no_repetition(acme: UUID, borealis: UUID, limit: int) -> None:
    sent = stored(acme, *over_days(4, each=3))
    stored(borealis, *over_days(4, each=3))
    listed = pages(acme, limit)
    assert all(len(page) == limit for page in listed[:-1])
    found = [view.exchange for page in listed for view in page]
    assert len(found) == len(set(found))
    assert set(found) == set(sent)
    days = [view.clock_day for page in listed for view in page]
    assert days == sorted(days, reverse=True)


@pytest.mark.parametrize("limit", [1, 2, 4])
def test_pages_of_a_filtered_list_have_no_gaps_either(acme: UUID, limit: int) -> None:
    sent = over_days(3, each=4)
    flagged = [
        exchange(f"f{n}", at=NOON - timedelta(days=n % 3), flags=("secret",)) for n in range(7)
    ]
    stored(acme, *sent)
    wanted = stored(acme, *flagged)
    listed = pages(acme, limit, flag="secret", data_class=DataClass.RESPONSE)
    assert {view.exchange for page in listed for view in page} == set(wanted)
    assert sum(len(page) for page in listed) == len(wanted)


def test_what_comes_in_between_two_pages_moves_nothing(acme: UUID) -> None:
    before = stored(acme, *over_days(3, each=3))
    [first, *_] = pages(acme, 4)
    stored(acme, *[exchange(f"new{n}") for n in range(5)])
    last = first[-1]
    rest = queries.exchanges(acme, today=DAY, limit=100, after=(last.clock_day, last.exchange))
    seen = [view.exchange for view in (*first, *rest)]
    assert len(seen) == len(set(seen))
    assert set(before) <= set(seen)


def test_a_later_part_does_not_show_an_exchange_twice(acme: UUID) -> None:
    [identifier] = stored(acme, exchange(response=None))
    later.add(acme, Address(exchange=identifier), part(DataClass.RESPONSE, "x"), now=NOON)
    later.add(acme, Address(exchange=identifier), part(DataClass.RESPONSE, "y", "2"), now=NOON)
    assert names(acme) == ["triage-1"]


def test_p15_another_customers_exchanges_never_appear(acme: UUID, borealis: UUID) -> None:
    stored(acme, *[exchange(f"a{n}", flags=("secret",)) for n in range(3)])
    stored(borealis, *[exchange(f"b{n}", flags=("secret",)) for n in range(3)])
    for filters in ({}, {"flag": "secret"}, {"repository": "acme/payments"}, {"first": DAY}):
        assert set(names(acme, **filters)) == {"a0", "a1", "a2"}
        assert set(names(borealis, **filters)) == {"b0", "b1", "b2"}


def test_p15_another_customers_cursor_opens_nothing(acme: UUID, borealis: UUID) -> None:
    [theirs] = stored(acme, exchange("a"))
    stored(borealis, exchange("b"))
    found = queries.exchanges(borealis, today=DAY, limit=10, after=(DAY, theirs))
    assert {view.external_id for view in found} <= {"b"}


def test_a_customer_with_nothing_has_an_empty_list(acme: UUID) -> None:
    assert names(acme) == []
