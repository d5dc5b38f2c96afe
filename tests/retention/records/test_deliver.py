"""The result was returned: snippets go at once, for good, and nothing else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from retention.errors import Busy, ExchangeGone, UnknownExchange
from retention.policies.rules import DataClass
from retention.records import cells, deliver, ingest, later, queries
from retention.records.cells import CellName
from retention.records.parts import Status
from retention.records.queries import Address
from retention.vault import keys as vault
from tests.factories.exchanges import NOON, exchange, part
from tests.retention.records import raw

DAY = NOON.date()
SNIPPET = DataClass.SNIPPET


def stored(customer: UUID, external_id: str = "triage-1", **more: Any) -> Address:
    [outcome] = ingest.store(customer, [exchange(external_id, **more)], now=NOON)
    assert outcome.status is Status.STORED
    return Address(exchange=outcome.exchange)


def test_p13_delivering_deletes_the_snippets_before_it_answers(acme: UUID) -> None:
    address = stored(acme, snippets=("a = 1", "b = 2"))
    done = deliver.deliver(acme, address, now=NOON)
    assert (done.exchange, done.clock_day, done.deleted) == (address.exchange, DAY, 2)
    assert done.delivered_at == NOON
    # Another connection sees it: it is committed.
    assert raw.elsewhere(lambda: raw.classes(acme)) == ["prompt", "response"]


def test_it_counts_what_it_removed_into_the_cell(acme: UUID) -> None:
    address = stored(acme, snippets=("a = 1", "b = 2"))
    stored(acme, "other")
    deliver.deliver(acme, address, now=NOON)
    cell = raw.cell(acme, DAY, SNIPPET)
    assert (cell.acknowledged, cell.delivered) == (3, 2)
    assert raw.counts_add_up()


def test_delivering_again_changes_nothing_and_says_when_it_was(acme: UUID) -> None:
    address = stored(acme)
    deliver.deliver(acme, address, now=NOON)
    before = raw.rows(acme)
    again = deliver.deliver(acme, address, now=NOON + timedelta(hours=2))
    assert (again.deleted, again.delivered_at) == (0, NOON)
    assert raw.rows(acme) == before
    assert raw.cell(acme, DAY, SNIPPET).delivered == 1


def test_it_leaves_the_snippets_of_every_other_exchange(acme: UUID, borealis: UUID) -> None:
    address = stored(acme)
    stored(acme, "other")
    stored(borealis)
    deliver.deliver(acme, address, now=NOON)
    assert raw.classes(acme).count("snippet") == 1
    assert raw.classes(borealis).count("snippet") == 1


def test_p15_nobody_delivers_for_another_customer(acme: UUID, borealis: UUID) -> None:
    address = stored(acme)
    stored(borealis, "something")
    for attempt in (address, Address(external_id="triage-1"), Address(None, "triage-1", DAY)):
        with pytest.raises(UnknownExchange):
            deliver.deliver(borealis, attempt, now=NOON)
    assert "snippet" in raw.classes(acme)


def test_p13_delivered_may_come_before_the_response(acme: UUID) -> None:
    address = stored(acme, response=None)
    deliver.deliver(acme, address, now=NOON)
    outcome = later.add(acme, address, part(DataClass.RESPONSE, "late"), now=NOON)
    assert outcome.status is Status.STORED
    assert raw.classes(acme) == ["prompt", "response"]


@pytest.mark.parametrize("day", [DAY, None])
def test_the_customers_own_id_does_as_well(acme: UUID, day: Any) -> None:
    stored(acme)
    done = deliver.deliver(acme, Address(external_id="triage-1", day=day), now=NOON)
    assert done.deleted == 1


def test_an_exchange_without_snippets_is_marked(acme: UUID) -> None:
    address = stored(acme, snippets=())
    assert deliver.deliver(acme, address, now=NOON).deleted == 0
    assert queries.exchange(acme, address, today=DAY).delivered_at == NOON


def test_an_exchange_that_came_delivered_keeps_its_first_time(acme: UUID) -> None:
    first = NOON - timedelta(seconds=1)
    address = stored(acme, delivered_at=first)
    assert deliver.deliver(acme, address, now=NOON).delivered_at == first


def test_on_the_next_day_there_is_nothing_left_to_delete(acme: UUID) -> None:
    address = stored(acme)
    done = deliver.deliver(acme, address, now=NOON + timedelta(days=1))
    assert done.deleted == 0
    assert raw.counts_add_up()


def test_while_the_snippets_cell_is_closed_the_deletion_run_has_them(acme: UUID) -> None:
    address = stored(acme)
    raw.run("UPDATE retention_cell SET state = 'sealed' WHERE data_class = 'snippet'")
    done = deliver.deliver(acme, address, now=NOON)
    assert done.deleted == 0
    assert raw.cell(acme, DAY, SNIPPET).delivered == 0
    assert raw.counts_add_up()
    view = queries.exchange(acme, address, today=DAY)
    assert view.delivered_at == NOON
    assert SNIPPET not in {record.data_class for record in view.records}


def once_before_the_guard(monkeypatch: pytest.MonkeyPatch, act: Any) -> None:
    real, left = cells.deduct_delivered, [1]

    def deduct(*arguments: Any, **more: Any) -> None:
        if left[0]:
            left[0] -= 1
            raw.elsewhere(act)
        real(*arguments, **more)

    monkeypatch.setattr(cells, "deduct_delivered", deduct)


def test_a_cell_that_closes_half_way_keeps_its_count(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = stored(acme)
    close = "UPDATE retention_cell SET state = 'sealed' WHERE data_class = 'snippet'"
    once_before_the_guard(monkeypatch, lambda: raw.run(close))
    done = deliver.deliver(acme, address, now=NOON)
    assert (done.deleted, done.delivered_at) == (0, NOON)
    assert raw.cell(acme, DAY, SNIPPET).delivered == 0
    assert raw.counts_add_up()


def new_generation(customer: UUID) -> None:
    identifier = CellName(customer, DAY, SNIPPET, 0).id
    vault.make([vault.Key(identifier, 2)], now=NOON)
    raw.run("UPDATE retention_cell SET generation = 2 WHERE id = %s", identifier)


def test_p13_a_snippet_sealed_under_an_older_generation_is_deleted_too(acme: UUID) -> None:
    address = stored(acme)
    new_generation(acme)
    assert deliver.deliver(acme, address, now=NOON).deleted == 1
    assert "snippet" not in raw.classes(acme)
    assert raw.counts_add_up()


def test_p13_a_cell_that_gets_a_new_key_half_way_loses_the_snippet_all_the_same(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = stored(acme)
    once_before_the_guard(monkeypatch, lambda: new_generation(acme))
    assert deliver.deliver(acme, address, now=NOON).deleted == 1
    assert "snippet" not in raw.classes(acme)
    assert raw.counts_add_up()


class Crash(Exception):
    """The process ends here."""


def test_a_crash_before_the_commit_leaves_the_exchange_as_it_was(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise Crash

    address = stored(acme)
    before = raw.rows(acme)
    with monkeypatch.context() as patch:
        patch.setattr(cells, "deduct_delivered", crash)
        with pytest.raises(Crash):
            deliver.deliver(acme, address, now=NOON)
    assert raw.rows(acme) == before
    assert deliver.deliver(acme, address, now=NOON).deleted == 1
    assert raw.counts_add_up()


def test_a_lock_that_is_held_too_long_is_try_again(acme: UUID) -> None:
    address = stored(acme)
    held = CellName(acme, DAY, SNIPPET, 0).id
    with raw.other_session() as session:
        session.execute("SELECT 1 FROM retention_cell WHERE id = %s FOR UPDATE", [held])
        raw.run("SET lock_timeout = '100ms'")
        with pytest.raises(Busy):
            deliver.deliver(acme, address, now=NOON)
    assert "snippet" in raw.classes(acme)
    assert deliver.deliver(acme, address, now=NOON).deleted == 1


def test_what_was_deleted_as_promised_is_gone_and_the_rest_unknown(acme: UUID) -> None:
    address = stored(acme)
    with pytest.raises(ExchangeGone):
        deliver.deliver(acme, address, now=NOON + timedelta(days=200))
    with pytest.raises(UnknownExchange):
        deliver.deliver(acme, Address(external_id="nobody"), now=NOON)


def test_p16_with_the_minimal_profile_nothing_is_there_to_delete(cygnus: UUID) -> None:
    address = stored(cygnus)
    assert deliver.deliver(cygnus, address, now=NOON).deleted == 0
