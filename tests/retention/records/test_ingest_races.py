"""Ingest while cells close, change their key or vanish: nothing lands where it must not."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from retention.errors import Busy
from retention.policies.rules import DataClass
from retention.records import cells, ingest, queries, rows
from retention.records.cells import CellName
from retention.records.parts import Outcome, Status
from retention.vault import keys as vault
from tests.factories.exchanges import NOON, exchange
from tests.retention.records import raw

DAY = NOON.date()
PROMPT, SNIPPET, RESPONSE = DataClass.PROMPT, DataClass.SNIPPET, DataClass.RESPONSE


def before_writing(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any], times: int = 1) -> None:
    """Let another connection act after the cells were read and before the rows are written."""
    real, left = rows.write, [times]

    def write(anchors: list[rows.Row], parts: list[rows.Row]) -> Any:
        if left[0]:
            left[0] -= 1
            raw.elsewhere(act)
        return real(anchors, parts)

    monkeypatch.setattr(rows, "write", write)


def before_acknowledging(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Let another connection act after the rows were written and before the guard."""
    real, left = cells.acknowledge, [1]

    def acknowledge(*arguments: Any, **more: Any) -> None:
        if left[0]:
            left[0] -= 1
            raw.elsewhere(act)
        real(*arguments, **more)

    monkeypatch.setattr(cells, "acknowledge", acknowledge)


HALF_WAY = pytest.mark.parametrize("half_way", [before_writing, before_acknowledging])


def close(customer: UUID, data_class: DataClass) -> Callable[[], Any]:
    identifier = CellName(customer, DAY, data_class, 0).id
    return lambda: raw.run("UPDATE retention_cell SET state = 'sealed' WHERE id = %s", identifier)


def drops(outcome: Outcome) -> list[tuple[str, str]]:
    return [(drop.data_class.value, drop.code) for drop in outcome.dropped]


@HALF_WAY
@pytest.mark.parametrize("closed", [SNIPPET, RESPONSE])
def test_a_part_whose_cell_closes_half_way_is_dropped_and_the_rest_is_kept(
    acme: UUID, monkeypatch: pytest.MonkeyPatch, half_way: Any, closed: DataClass
) -> None:
    half_way(monkeypatch, close(acme, closed))
    [outcome] = ingest.store(acme, [exchange()], now=NOON)
    assert outcome.status is Status.STORED
    assert drops(outcome) == [(closed.value, "expired_on_arrival")]
    assert closed.value not in raw.classes(acme)
    assert raw.cell(acme, DAY, closed).acknowledged == 0
    assert raw.counts_add_up()


@HALF_WAY
def test_an_exchange_whose_anchor_closes_half_way_is_refused_as_a_whole(
    acme: UUID, monkeypatch: pytest.MonkeyPatch, half_way: Any
) -> None:
    half_way(monkeypatch, close(acme, PROMPT))
    outcomes = ingest.store(acme, [exchange("a"), exchange("b")], now=NOON)
    assert {(o.status, o.code) for o in outcomes} == {(Status.REFUSED, "expired_on_arrival")}
    assert raw.rows(acme) == []
    assert raw.counts_add_up()


@HALF_WAY
def test_the_other_day_of_a_batch_is_kept_when_one_closes_half_way(
    acme: UUID, monkeypatch: pytest.MonkeyPatch, half_way: Any
) -> None:
    half_way(monkeypatch, close(acme, PROMPT))
    sent = [exchange("a"), exchange("b", at=NOON - timedelta(days=1))]
    outcomes = ingest.store(acme, sent, now=NOON)
    assert [o.code or o.status.value for o in outcomes] == ["expired_on_arrival", "stored"]
    assert {day for (day,) in raw.rows(acme, "clock_day")} == {DAY - timedelta(days=1)}
    assert raw.counts_add_up()


def test_a_part_that_came_too_late_is_still_named_after_a_second_try(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_writing(monkeypatch, close(acme, RESPONSE))
    now = NOON + timedelta(days=1)
    [outcome] = ingest.store(acme, [exchange()], now=now)
    assert sorted(drops(outcome)) == [
        ("response", "expired_on_arrival"),
        ("snippet", "expired_on_arrival"),
    ]


def test_a_cell_whose_day_was_moved_to_today_half_way_takes_nothing(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    identifier = CellName(acme, DAY, RESPONSE, 0).id
    before_acknowledging(
        monkeypatch,
        lambda: raw.run("UPDATE retention_cell SET expires_on = %s WHERE id = %s", DAY, identifier),
    )
    [outcome] = ingest.store(acme, [exchange()], now=NOON)
    assert drops(outcome) == [("response", "expired_on_arrival")]
    assert "response" not in raw.classes(acme)


def rotate(customer: UUID) -> Callable[[], Any]:
    def act() -> None:
        identifier = CellName(customer, DAY, RESPONSE, 0).id
        vault.make([vault.Key(identifier, 2)], now=NOON)
        raw.run("UPDATE retention_cell SET generation = 2 WHERE id = %s", identifier)

    return act


@HALF_WAY
def test_what_was_sealed_under_an_older_generation_is_sealed_again(
    acme: UUID, monkeypatch: pytest.MonkeyPatch, half_way: Any
) -> None:
    half_way(monkeypatch, rotate(acme))
    [outcome] = ingest.store(acme, [exchange(response="kept")], now=NOON)
    assert outcome.status is Status.STORED
    assert dict(raw.rows(acme, "data_class, generation")) == {
        "prompt": 1,
        "snippet": 1,
        "response": 2,
    }
    view = queries.exchange(acme, queries.Address(exchange=outcome.exchange), today=DAY)
    assert b'{"text":"kept"}' in queries.open_records(acme, view, now=NOON).values()
    assert raw.counts_add_up()


def test_a_cell_that_never_stands_still_ends_in_try_again(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never(*_: Any, **__: Any) -> None:
        raise cells.CellMoved

    monkeypatch.setattr(cells, "acknowledge", never)
    with pytest.raises(Busy) as refusal:
        ingest.store(acme, [exchange()], now=NOON)
    assert refusal.value.retryable
    assert raw.rows(acme) == []


def test_nothing_is_written_into_an_open_cell_whose_key_is_gone(acme: UUID) -> None:
    ingest.store(acme, [exchange("first")], now=NOON)
    before = raw.rows(acme)
    vault.destroy([CellName(acme, DAY, RESPONSE, 0).id], now=NOON)
    with pytest.raises(Busy):
        ingest.store(acme, [exchange("second")], now=NOON)
    assert raw.rows(acme) == before


def test_the_other_writer_of_the_same_exchange_wins_and_ours_is_a_duplicate(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = exchange()
    real = rows.write
    theirs: list[Outcome] = []

    def store_elsewhere() -> None:
        monkeypatch.setattr(rows, "write", real)
        theirs.extend(ingest.store(acme, [sent], now=NOON))

    before_writing(monkeypatch, store_elsewhere)
    [ours] = ingest.store(acme, [sent], now=NOON)
    assert [o.status.value for o in (*theirs, ours)] == ["stored", "duplicate"]
    assert raw.counts_add_up()
