"""Writers that meet: nothing is lost, nothing is there twice, and nobody waits for ever."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from random import Random
from uuid import UUID

import pytest

from retention.errors import RetentionError
from retention.policies.rules import DataClass
from retention.records import deliver, ingest, later, queries
from retention.records.identity import exchange_id
from retention.records.parts import NewExchange, Outcome
from retention.records.queries import Address
from tests.factories.exchanges import NOON, exchange, part
from tests.retention.records import raw
from tests.retention.records.writers import Tally, deadlocks, together, write

DAY = NOON.date()


def over_days(count: int, days: int) -> list[NewExchange]:
    """Exchanges over several clock days and with several periods, so in many cells."""
    return [
        exchange(
            f"x{n}",
            at=NOON - timedelta(days=n % days),
            retain_days=(0, 0, 60)[n % 3],
            evaluation="good" if n % 2 else None,
        )
        for n in range(count)
    ]


def all_told(customer: UUID, sent: list[NewExchange], *, writers: int, batch: int) -> Tally:
    told = Tally()
    acts: list[Callable[[], Tally]] = [
        partial(write, customer, sent, now=NOON, seed=seed, batch=batch) for seed in range(writers)
    ]
    for tally in together(*acts):
        told.add(tally)
    return told


def check(customer: UUID, told: Tally, *, sent: int, writers: int) -> None:
    assert told.statuses == {"stored": sent, "duplicate": sent * (writers - 1)}
    assert set(told.exchanges.values()) == {1}, "each was stored by exactly one writer"
    assert {identifier for (identifier,) in raw.rows(customer, "id")} == told.records
    [(acknowledged,)] = raw.run("SELECT sum(acknowledged) FROM retention_cell")
    assert acknowledged == len(told.records)
    assert raw.counts_add_up()
    assert deadlocks() == 0


def test_eight_writers_of_the_same_exchanges_in_different_orders(acme: UUID) -> None:
    told = all_told(acme, over_days(48, 4), writers=8, batch=12)
    check(acme, told, sent=48, writers=8)


@pytest.mark.slow
def test_eight_writers_of_two_thousand_exchanges_over_forty_days(acme: UUID) -> None:
    told = all_told(acme, over_days(2000, 40), writers=8, batch=150)
    check(acme, told, sent=2000, writers=8)


def test_batches_that_are_the_reverse_of_each_other(acme: UUID) -> None:
    sent = over_days(60, 5)
    both = together(
        *(partial(ingest.store, acme, order, now=NOON) for order in (sent, sent[::-1]) * 3)
    )
    statuses = [outcome.status.value for outcomes in both for outcome in outcomes]
    assert (statuses.count("stored"), statuses.count("duplicate")) == (60, 300)
    assert raw.counts_add_up()
    assert deadlocks() == 0


def test_writers_of_one_id_with_different_content_agree_on_the_first(acme: UUID) -> None:
    answers = [f"answer {n}" for n in range(8)]
    outcomes = [
        outcome
        for [outcome] in together(
            *(
                partial(ingest.store, acme, [exchange(response=answer)], now=NOON)
                for answer in answers
            )
        )
    ]
    codes = sorted(outcome.code or outcome.status.value for outcome in outcomes)
    assert codes == ["content_mismatch"] * 7 + ["stored"]
    winner = answers[[o.status.value for o in outcomes].index("stored")]
    address = Address(exchange=outcomes[0].exchange)
    view = queries.exchange(acme, address, today=DAY)
    texts = queries.open_records(acme, view, now=NOON).values()
    assert f'{{"text":"{winner}"}}'.encode() in texts


def test_two_customers_do_not_wait_for_each_other(acme: UUID, borealis: UUID) -> None:
    sent = over_days(30, 3)
    told = together(
        *(
            partial(write, customer, sent, now=NOON, seed=seed, batch=7)
            for seed in range(3)
            for customer in (acme, borealis)
        )
    )
    assert sum(tally.statuses["stored"] for tally in told) == 60
    assert len(raw.rows(acme)) == len(raw.rows(borealis))
    assert raw.counts_add_up()


def patient(act: Callable[[], object]) -> Callable[[], object]:
    """Again while the exchange is not there yet, as a sender would."""

    def until_known() -> object:
        for _ in range(500):
            try:
                return act()
            except RetentionError as refusal:
                if not refusal.retryable:
                    raise
        raise AssertionError("never came")

    return until_known


def test_p13_ingest_retries_and_deliver_of_the_same_exchange(acme: UUID) -> None:
    sent = [exchange(f"x{n}") for n in range(6)]

    def retry() -> list[Outcome]:
        return [o for _ in range(6) for o in ingest.store(acme, sent, now=NOON)]

    def deliver_all(order: list[NewExchange]) -> None:
        for one in order:
            address = Address(exchange=exchange_id(acme, one.external_id, DAY))
            patient(partial(deliver.deliver, acme, address, now=NOON))()

    together(retry, retry, partial(deliver_all, sent), partial(deliver_all, sent[::-1]), retry)
    assert raw.classes(acme) == ["prompt"] * 6 + ["response"] * 6
    snippets = raw.cell(acme, DAY, DataClass.SNIPPET)
    assert (snippets.acknowledged, snippets.delivered) == (6, 6)
    assert raw.counts_add_up()
    assert deadlocks() == 0


def test_eight_that_deliver_the_same_exchange_delete_it_once(acme: UUID) -> None:
    [outcome] = ingest.store(acme, [exchange(snippets=("a", "b", "c"))], now=NOON)
    address = Address(exchange=outcome.exchange)
    done = together(*(partial(deliver.deliver, acme, address, now=NOON) for _ in range(8)))
    assert sorted(one.deleted for one in done) == [0] * 7 + [3]
    assert raw.cell(acme, DAY, DataClass.SNIPPET).delivered == 3
    assert raw.counts_add_up()


def test_later_parts_meet_deliver_and_retries(acme: UUID) -> None:
    sent = [exchange(f"x{n}", response=None) for n in range(5)]
    ingest.store(acme, sent, now=NOON)
    addresses = [Address(external_id=one.external_id, day=DAY) for one in sent]

    def add(seed: int) -> list[str]:
        order = [(a, name) for a in addresses for name in ("1", "2")]
        Random(seed).shuffle(order)
        return [
            later.add(acme, a, part(DataClass.RESPONSE, "late", name), now=NOON).status.value
            for a, name in order
        ]

    def deliver_all() -> list[str]:
        for address in addresses:
            deliver.deliver(acme, address, now=NOON)
        return []

    statuses = together(
        partial(add, 1),
        partial(add, 2),
        partial(add, 3),
        deliver_all,
        lambda: [o.status.value for o in ingest.store(acme, sent, now=NOON)],
    )
    assert [s for told in statuses for s in told].count("stored") == 10
    assert raw.classes(acme) == ["prompt"] * 5 + ["response"] * 10
    assert raw.counts_add_up()
    assert deadlocks() == 0


def test_cells_that_close_under_eight_writers_take_nothing_more(acme: UUID) -> None:
    sent = over_days(60, 3)
    acts: list[Callable[[], object]] = [
        partial(write, acme, sent, now=NOON, seed=seed, batch=6) for seed in range(7)
    ]

    def close() -> None:
        raw.run(
            "UPDATE retention_cell SET state = 'sealed' WHERE id IN (SELECT id FROM retention_cell"
            " WHERE state = 'open' AND data_class <> 'prompt' ORDER BY id FOR UPDATE)"
        )

    *told, _ = together(*acts, close)
    stored = {identifier for tally in told for identifier in tally.records}
    assert {identifier for (identifier,) in raw.rows(acme, "id")} == stored
    assert raw.counts_add_up()
    assert deadlocks() == 0
