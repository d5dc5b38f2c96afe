"""Parts that come after their exchange: they share its clock day and extend nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from retention.errors import ExchangeGone, UnknownExchange
from retention.policies.rules import DataClass
from retention.records import cells, ingest, later, queries, rows
from retention.records.parts import Outcome, Part, Status, Usage
from retention.records.queries import Address
from retention.vault import keys as vault
from tests.factories.exchanges import NOON, exchange, part
from tests.retention.records import raw

DAY = NOON.date()
A_DAY = timedelta(days=1)
RESPONSE, EVALUATION = DataClass.RESPONSE, DataClass.EVALUATION


def stored(customer: UUID, external_id: str = "triage-1", **more: Any) -> Address:
    sent = exchange(external_id, **{"response": None, **more})
    [outcome] = ingest.store(customer, [sent], now=more.get("at", NOON))
    assert outcome.exchange
    return Address(exchange=outcome.exchange)


def add(customer: UUID, address: Address, text: str = "late", **more: Any) -> Outcome:
    now = more.pop("now", NOON)
    data_class = more.pop("data_class", RESPONSE)
    return later.add(customer, address, part(data_class, text, **more), now=now)


def test_a_later_part_is_stored_with_its_exchange(acme: UUID) -> None:
    address = stored(acme)
    outcome = add(acme, address)
    assert (outcome.status, outcome.code) == (Status.STORED, "")
    assert (outcome.exchange, outcome.clock_day) == (address.exchange, DAY)
    assert outcome.external_id == "triage-1"
    [record] = outcome.records
    assert (record.data_class, record.part, record.expires_on) == (
        RESPONSE,
        "1",
        date(2027, 5, 22),
    )
    view = queries.exchange(acme, address, today=DAY)
    assert queries.open_records(acme, view, now=NOON)[record.id] == b'{"text":"late"}'
    assert raw.counts_add_up()


def test_the_same_part_again_is_a_duplicate_and_changes_nothing(acme: UUID) -> None:
    address = stored(acme)
    first = add(acme, address)
    before = raw.rows(acme)
    again = add(acme, address, now=NOON + timedelta(hours=1))
    assert (again.status, again.records) == (Status.DUPLICATE, first.records)
    assert raw.rows(acme) == before
    assert raw.counts_add_up()


def test_the_same_part_with_other_content_is_refused_and_the_first_stays(acme: UUID) -> None:
    address = stored(acme)
    add(acme, address, "first")
    before = raw.rows(acme)
    other = add(acme, address, "second")
    assert (other.status, other.code, other.records) == (Status.REFUSED, "content_mismatch", [])
    assert raw.rows(acme) == before


def test_a_part_that_came_with_the_exchange_is_the_same_part(acme: UUID) -> None:
    address = stored(acme, response="with it")
    assert add(acme, address, "with it").status is Status.DUPLICATE
    assert add(acme, address, "another").code == "content_mismatch"
    assert add(acme, address, "another", name="2").status is Status.STORED


def test_parts_have_names_and_each_is_kept(acme: UUID) -> None:
    address = stored(acme)
    names = ["1", "2", "retry", "ä" * 32]
    for name in names:
        assert add(acme, address, name, name=name).status is Status.STORED
    view = queries.exchange(acme, address, today=DAY)
    assert sorted(r.part for r in view.records if r.data_class is RESPONSE) == sorted(names)


def test_an_evaluation_keeps_its_verdict_and_a_response_its_usage(acme: UUID) -> None:
    address = stored(acme)
    add(acme, address, "good", data_class=EVALUATION, verdict="true_positive")
    later.add(acme, address, Part(RESPONSE, b"{}", 0, usage=Usage(812, 95, 1400)), now=NOON)
    view = queries.exchange(acme, address, today=DAY)
    by_class = {r.data_class: r for r in view.records}
    assert by_class[EVALUATION].verdict == "true_positive"
    assert by_class[RESPONSE].usage == Usage(812, 95, 1400)


@pytest.mark.parametrize("days_later", [0, 1, 2, 100, 180])
@pytest.mark.parametrize("how", ["server id", "own id and day", "own id"])
def test_every_address_finds_the_exchange_however_late(
    acme: UUID, days_later: int, how: str
) -> None:
    address = {
        "server id": stored(acme),
        "own id and day": Address(external_id="triage-1", day=DAY),
        "own id": Address(external_id="triage-1"),
    }[how]
    outcome = add(acme, address, now=NOON + timedelta(days=days_later))
    assert outcome.status is Status.STORED
    assert outcome.clock_day == DAY
    assert outcome.records[0].expires_on == date(2027, 5, 22)
    assert {day for (day,) in raw.rows(acme, "clock_day")} == {DAY}


def test_p3_a_later_part_extends_nothing(acme: UUID) -> None:
    address = stored(acme, retain_days=10)
    outcome = add(acme, address, now=NOON + timedelta(days=9))
    assert [r.expires_on for r in outcome.records] == [DAY + timedelta(days=10)]
    assert set(raw.run("SELECT DISTINCT retain_days FROM retention_cell")) == {(10,)}
    with pytest.raises(ExchangeGone):
        queries.exchange(acme, address, today=DAY + timedelta(days=10))


def test_a_later_part_of_an_exchange_that_ended_is_gone(acme: UUID) -> None:
    address = stored(acme, retain_days=10)
    with pytest.raises(ExchangeGone):
        add(acme, address, now=NOON + timedelta(days=10))
    with pytest.raises(ExchangeGone):
        add(acme, address, now=NOON + timedelta(days=400))


def test_p13_a_snippet_that_comes_on_the_next_day_is_not_kept(acme: UUID) -> None:
    address = stored(acme)
    outcome = add(acme, address, data_class=DataClass.SNIPPET, name="9", now=NOON + A_DAY)
    assert (outcome.status, outcome.code) == (Status.REFUSED, "expired_on_arrival")
    assert outcome.clock_day == DAY
    assert "9" not in {name for (name,) in raw.rows(acme, "part")}


def test_what_nobody_sent_is_unknown(acme: UUID) -> None:
    stored(acme)
    for address in (
        Address(external_id="nobody"),
        Address(external_id="triage-1", day=DAY - A_DAY),
        Address(exchange=UUID("01a2008d-7400-8000-8000-000000000000")),
    ):
        with pytest.raises(UnknownExchange) as refusal:
            add(acme, address)
        assert refusal.value.retryable


def test_p15_nobody_adds_to_another_customers_exchange(acme: UUID, borealis: UUID) -> None:
    address = stored(acme)
    stored(borealis, "own")
    before = raw.rows(acme)
    for attempt in (address, Address(external_id="triage-1"), Address(None, "triage-1", DAY)):
        with pytest.raises(UnknownExchange):
            add(borealis, attempt)
    assert raw.rows(acme) == before


def test_p16_a_later_response_of_a_minimal_customer_ends_after_30_days(cygnus: UUID) -> None:
    outcome = add(cygnus, stored(cygnus))
    assert [r.expires_on for r in outcome.records] == [DAY + timedelta(days=30)]


def before_writing(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    real, left = rows.write_one, [1]

    def write_one(row: rows.Row) -> bool:
        if left[0]:
            left[0] -= 1
            raw.elsewhere(act)
        return real(row)

    monkeypatch.setattr(rows, "write_one", write_one)


def test_a_cell_that_closes_half_way_takes_nothing(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = stored(acme)
    close = "UPDATE retention_cell SET state = 'sealed' WHERE data_class = 'response'"
    before_writing(monkeypatch, lambda: raw.run(close))
    outcome = add(acme, address)
    assert (outcome.status, outcome.code) == (Status.REFUSED, "expired_on_arrival")
    assert "response" not in raw.classes(acme)
    assert raw.counts_add_up()


def test_a_cell_that_gets_a_new_key_half_way_takes_it_under_the_new_one(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = stored(acme)
    name = cells.CellName(acme, DAY, RESPONSE, 0)

    def rotate() -> None:
        vault.make([vault.Key(name.id, 2)], now=NOON)
        raw.run("UPDATE retention_cell SET generation = 2 WHERE id = %s", name.id)

    before_writing(monkeypatch, rotate)
    assert add(acme, address).status is Status.STORED
    assert dict(raw.rows(acme, "data_class, generation"))["response"] == 2
    view = queries.exchange(acme, address, today=DAY)
    assert b'{"text":"late"}' in queries.open_records(acme, view, now=NOON).values()


def test_of_two_that_send_the_same_part_one_stores_it(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = stored(acme)
    theirs: list[Outcome] = []
    before_writing(monkeypatch, lambda: theirs.append(add(acme, address)))
    ours = add(acme, address)
    assert [theirs[0].status, ours.status] == [Status.STORED, Status.DUPLICATE]
    assert raw.counts_add_up()


class Crash(Exception):
    """The process ends here."""


def test_a_crash_before_the_guard_leaves_nothing(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise Crash

    address = stored(acme)
    with monkeypatch.context() as patch:
        patch.setattr(cells, "acknowledge", crash)
        with pytest.raises(Crash):
            add(acme, address)
    assert "response" not in raw.classes(acme)
    assert raw.counts_add_up()
    assert add(acme, address).status is Status.STORED
