"""Reading one exchange: nothing that has expired, and nobody else's."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from retention.errors import ExchangeGone, UnknownExchange
from retention.policies import queries as policies
from retention.policies.rules import DataClass
from retention.records import cells, ingest, queries
from retention.records.identity import exchange_id
from retention.records.parts import Outcome, Usage
from retention.records.queries import Address
from retention.vault import keys as vault
from retention.vault.errors import KeyGone
from tests.factories.exchanges import NOON, exchange
from tests.retention.records import raw

DAY = NOON.date()
A_DAY = timedelta(days=1)
END = date(2027, 5, 22)


def stored(customer: UUID, external_id: str = "triage-1", **more: Any) -> Outcome:
    at = more.get("at", NOON)
    [outcome] = ingest.store(customer, [exchange(external_id, **more)], now=at)
    assert outcome.exchange
    return outcome


def by_id(outcome: Outcome) -> Address:
    return Address(exchange=outcome.exchange)


def classes(customer: UUID, address: Address, today: date) -> set[str]:
    return {str(r.data_class) for r in queries.exchange(customer, address, today=today).records}


def test_it_gives_back_what_is_known_of_the_call(acme: UUID) -> None:
    outcome = stored(acme, evaluation="true_positive", flags=("no_finding",))
    view = queries.exchange(acme, by_id(outcome), today=DAY)
    assert (view.exchange, view.external_id, view.clock_day) == (outcome.exchange, "triage-1", DAY)
    assert (view.occurred_at, view.received_at, view.delivered_at) == (NOON, NOON, None)
    assert view.call == exchange().call
    assert view.flags == ("no_finding",)
    assert [str(r.data_class) for r in view.records] == [
        "prompt",
        "evaluation",
        "response",
        "snippet",
    ]
    evaluation = view.records[1]
    assert (evaluation.verdict, evaluation.part, evaluation.usage) == (
        "true_positive",
        "1",
        Usage(),
    )


@pytest.mark.parametrize(
    "address",
    [
        pytest.param(Address(exchange=exchange_id(UUID(int=1), "x", DAY)), id="server id"),
        pytest.param(Address(external_id="triage-1", day=DAY), id="own id and day"),
        pytest.param(Address(external_id="triage-1"), id="own id"),
    ],
)
def test_every_address_finds_the_same(acme: UUID, address: Address) -> None:
    outcome = stored(acme)
    if address.exchange:
        address = by_id(outcome)
    assert queries.exchange(acme, address, today=DAY).exchange == outcome.exchange


@pytest.mark.parametrize("days_ago", [0, 1, 2, 30, 180])
def test_the_own_id_alone_is_searched_over_all_live_days(acme: UUID, days_ago: int) -> None:
    at = NOON - timedelta(days=days_ago)
    outcome = stored(acme, at=at)
    found = queries.exchange(acme, Address(external_id="triage-1"), today=DAY)
    assert found.exchange == outcome.exchange


def test_of_one_own_id_on_several_days_the_nearest_is_meant(acme: UUID) -> None:
    for days_ago in (40, 1, 0):
        stored(acme, at=NOON - timedelta(days=days_ago))
    address = Address(external_id="triage-1")
    assert queries.exchange(acme, address, today=DAY).clock_day == DAY
    assert queries.exchange(acme, address, today=DAY + A_DAY).clock_day == DAY
    older = Address(external_id="triage-1", day=DAY - timedelta(days=40))
    assert queries.exchange(acme, older, today=DAY).clock_day == older.day


@pytest.mark.parametrize(
    ("today", "left"),
    [
        (DAY, {"prompt", "snippet", "response", "evaluation"}),
        (DAY + A_DAY, {"prompt", "response", "evaluation"}),
        (END - A_DAY, {"prompt", "response", "evaluation"}),
    ],
)
def test_p3_nothing_is_read_from_its_day_on_though_no_deletion_ran(
    acme: UUID, today: date, left: set[str]
) -> None:
    outcome = stored(acme, evaluation="good")
    assert classes(acme, by_id(outcome), today) == left


@pytest.mark.parametrize("late", [0, 1, 30, 400])
def test_p3_from_the_last_day_on_the_whole_exchange_is_gone_though_no_deletion_ran(
    acme: UUID, late: int
) -> None:
    outcome = stored(acme)
    today = END + timedelta(days=late)
    for address in (by_id(outcome), Address(external_id="triage-1", day=DAY)):
        with pytest.raises(ExchangeGone):
            queries.exchange(acme, address, today=today)
    with pytest.raises(UnknownExchange):
        queries.exchange(acme, Address(external_id="triage-1"), today=today)
    assert queries.exchanges(acme, today=today, limit=10) == []
    assert raw.classes(acme) == ["prompt", "response", "snippet"]


def test_p3_the_last_readable_instant_is_the_one_before_midnight(acme: UUID) -> None:
    outcome = stored(acme, retain_days=3)
    end = datetime.combine(DAY + timedelta(days=3), time(), UTC)
    before = end - timedelta(microseconds=1)
    assert classes(acme, by_id(outcome), before.date()) == {"prompt", "response"}
    with pytest.raises(ExchangeGone):
        queries.exchange(acme, by_id(outcome), today=end.date())


@pytest.mark.parametrize("state", ["sealed", "purging", "shredded"])
def test_p3_a_closed_cell_is_not_read_whatever_its_day(acme: UUID, state: str) -> None:
    outcome = stored(acme)
    [(entry,)] = raw.run("SELECT min(id) FROM retention_entry")
    for step in ("sealed", "purging", "shredded"):
        raw.run(
            "UPDATE retention_cell SET state = %s, intent_id = %s WHERE data_class = 'response'",
            step,
            entry,
        )
        if step == state:
            break
    assert classes(acme, by_id(outcome), DAY) == {"prompt", "snippet"}


def test_p3_a_view_taken_before_midnight_opens_nothing_whose_key_went(acme: UUID) -> None:
    outcome = stored(acme)
    view = queries.exchange(acme, by_id(outcome), today=DAY)
    vault.destroy({record.cell.id for record in view.records}, now=NOON)
    with pytest.raises(KeyGone):
        queries.open_records(acme, view, now=NOON)


# What is asked for, by day relative to the one exchange, and what the answer is.
GONE, UNKNOWN = ExchangeGone, UnknownExchange


@pytest.mark.parametrize(
    ("days_later", "named_day", "answer"),
    [
        pytest.param(0, DAY, UNKNOWN, id="its day lives, the id was never there"),
        pytest.param(0, DAY - A_DAY, UNKNOWN, id="nothing was ever stored on that day"),
        pytest.param(0, DAY + A_DAY, UNKNOWN, id="that day has not come"),
        pytest.param(0, date(9999, 12, 31), UNKNOWN, id="no day so far ahead"),
        pytest.param(0, date(2026, 5, 22), UNKNOWN, id="six months ago, and nothing was stored"),
        pytest.param(0, date(2026, 5, 23), UNKNOWN, id="a day younger"),
        pytest.param(0, date(2020, 1, 1), UNKNOWN, id="before there was a customer"),
        pytest.param(0, date(1970, 1, 1), UNKNOWN, id="long ago"),
        pytest.param(0, date.min, UNKNOWN, id="as long ago as there are dates"),
        pytest.param(200, DAY, GONE, id="its day has passed"),
        pytest.param(200, DAY - A_DAY, UNKNOWN, id="the day before it, which held nothing"),
        pytest.param(0, None, UNKNOWN, id="no day was named"),
        pytest.param(200, None, UNKNOWN, id="no day was named, long after"),
    ],
)
def test_p3_gone_is_said_of_a_named_day_that_held_something_and_unknown_of_all_else(
    acme: UUID, days_later: int, named_day: date | None, answer: type[Exception]
) -> None:
    stored(acme)
    today = DAY + timedelta(days=days_later)
    with pytest.raises(answer):
        queries.exchange(acme, Address(external_id="never", day=named_day), today=today)
    if named_day and named_day.year >= 1970:
        address = Address(exchange=exchange_id(acme, "never", named_day))
        with pytest.raises(answer):
            queries.exchange(acme, address, today=today)


def test_a_day_whose_cells_all_ended_early_is_gone(acme: UUID) -> None:
    outcome = stored(acme, retain_days=2)
    with pytest.raises(ExchangeGone):
        queries.exchange(acme, by_id(outcome), today=DAY + timedelta(days=2))
    other = Address(external_id="never", day=DAY)
    with pytest.raises(ExchangeGone):
        queries.exchange(acme, other, today=DAY + timedelta(days=2))


def test_p3_gone_names_the_day_on_which_the_last_of_it_went(acme: UUID) -> None:
    stored(acme, "short", retain_days=2)
    stored(acme, "longer", retain_days=5)
    with pytest.raises(ExchangeGone) as gone:
        queries.exchange(acme, Address(external_id="short", day=DAY), today=END)
    assert gone.value.facts["gone_on"] == DAY + timedelta(days=5)


def test_a_cell_that_never_took_anything_makes_no_day_gone(acme: UUID) -> None:
    name = cells.CellName(acme, DAY, DataClass.PROMPT, 0)
    assert cells.ensure(acme, [name], terms=policies.terms(acme), now=NOON)
    with pytest.raises(UnknownExchange):
        queries.exchange(acme, Address(external_id="triage-1", day=DAY), today=END)


def test_p15_what_another_customer_had_makes_no_day_gone(acme: UUID) -> None:
    stored(acme)
    with pytest.raises(UnknownExchange):
        queries.exchange(uuid4(), Address(external_id="triage-1", day=DAY), today=END)


def test_an_expired_exchange_on_a_day_that_lives_is_unknown(acme: UUID) -> None:
    short = stored(acme, "short", retain_days=2)
    stored(acme, "long")
    with pytest.raises(UnknownExchange):
        queries.exchange(acme, by_id(short), today=DAY + timedelta(days=2))


def test_p15_another_customers_exchange_is_unknown(acme: UUID, borealis: UUID) -> None:
    outcome = stored(acme)
    stored(borealis, "own")
    for address in (
        by_id(outcome),
        Address(external_id="triage-1"),
        Address(None, "triage-1", DAY),
    ):
        with pytest.raises(UnknownExchange):
            queries.exchange(borealis, address, today=DAY)
        assert queries.exchange(acme, address, today=DAY).exchange == outcome.exchange


@pytest.mark.parametrize("other", [uuid4(), UUID(int=0), UUID(int=(1 << 128) - 1)])
def test_an_id_of_somebody_else_is_unknown(acme: UUID, other: UUID) -> None:
    with pytest.raises(UnknownExchange):
        queries.exchange(acme, Address(exchange=other), today=DAY)


def test_an_erased_exchange_is_not_read(acme: UUID) -> None:
    outcome = stored(acme)
    raw.run("UPDATE retention_record SET erased_at = %s", NOON)
    with pytest.raises(UnknownExchange):
        queries.exchange(acme, by_id(outcome), today=DAY)
    assert queries.exchanges(acme, today=DAY, limit=10) == []


def test_a_class_ends_for_every_period_that_was_asked_for_on_its_own(acme: UUID) -> None:
    outcomes = {n: stored(acme, f"x{n}", retain_days=n) for n in (0, 2, 5)}
    today = DAY + timedelta(days=3)
    left = {v.external_id for v in queries.exchanges(acme, today=today, limit=10)}
    assert left == {"x0", "x5"}
    view = queries.exchange(acme, by_id(outcomes[5]), today=today)
    assert {r.expires_on for r in view.records} == {DAY + timedelta(days=5)}
    assert {r.data_class for r in view.records} == {DataClass.PROMPT, DataClass.RESPONSE}
