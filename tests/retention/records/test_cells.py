"""Cells: made once, with their key, and never for what is due already."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from typing import TypeVar
from uuid import UUID

import pytest
from django.db import connections, transaction

from retention.policies import queries as policies
from retention.policies.rules import DataClass, ceiling
from retention.records import cells
from retention.records.cells import CellMoved, CellName
from retention.records.models import Cell
from retention.vault import keys as vault
from retention.vault.errors import KeyGone
from tests.factories.exchanges import NOON
from tests.retention.records import raw

T = TypeVar("T")
DAY = NOON.date()
A_DAY = timedelta(days=1)


def name(customer: UUID, data_class: DataClass = DataClass.PROMPT, days: int = 0) -> CellName:
    return CellName(customer, DAY, data_class, days)


def made(customer: UUID, *names: CellName, today: date = DAY) -> dict[CellName, cells.CellView]:
    now = NOON + (today - DAY)
    return cells.ensure(customer, names, terms=policies.terms(customer), now=now)


def test_a_cell_carries_the_promise(acme: UUID) -> None:
    found = made(acme, *(name(acme, c, days) for c in DataClass for days in (0, 3)))
    assert {(n.data_class.value, n.retain_days): c.expires_on for n, c in found.items()} == {
        ("prompt", 0): ceiling(DAY),
        ("response", 0): ceiling(DAY),
        ("evaluation", 0): ceiling(DAY),
        ("snippet", 0): DAY + A_DAY,
        ("prompt", 3): DAY + 3 * A_DAY,
        ("response", 3): DAY + 3 * A_DAY,
        ("evaluation", 3): DAY + 3 * A_DAY,
        ("snippet", 3): DAY + A_DAY,
    }
    cell = Cell.objects.get(pk=name(acme).id)
    assert (cell.state, cell.generation, cell.acknowledged) == ("open", 1, 0)
    assert cell.version.number == 1
    assert cell.created_at == NOON


def test_its_key_lies_in_the_vault_before_it_is_there(acme: UUID) -> None:
    found = made(acme, name(acme))
    [view] = found.values()
    assert len(vault.fetch([view.key], now=NOON)[view.key]) == 32


def test_making_it_again_finds_it_as_it_is(acme: UUID) -> None:
    first = made(acme, name(acme))
    raw.run("UPDATE retention_cell SET expires_on = %s", DAY + A_DAY)
    again = made(acme, name(acme))
    assert again[name(acme)].expires_on == DAY + A_DAY
    assert again[name(acme)].id == first[name(acme)].id
    assert Cell.objects.count() == 1


@pytest.mark.parametrize("late", [0, 1, 100])
def test_p3_what_is_due_already_is_not_made(acme: UUID, late: int) -> None:
    today = ceiling(DAY) + timedelta(days=late)
    assert made(acme, name(acme), today=today) == {}
    assert Cell.objects.count() == 0


def test_p3_a_destroyed_cell_cannot_be_made_anew(acme: UUID) -> None:
    [view] = made(acme, name(acme)).values()
    vault.destroy([view.id], now=NOON)
    with pytest.raises(KeyGone):
        vault.fetch([made(acme, name(acme))[name(acme)].key], now=NOON)


def test_another_customers_cells_are_not_found(acme: UUID, borealis: UUID) -> None:
    made(acme, name(acme))
    assert cells.find(borealis, [name(acme).id]) == {}
    assert set(cells.find(acme, [name(acme).id])) == {name(acme).id}


def at_once(*acts: Callable[[], T]) -> list[T]:
    def alone(act: Callable[[], T]) -> T:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(alone, acts))


def test_many_that_need_the_same_cells_make_them_once(acme: UUID) -> None:
    names = [
        CellName(acme, DAY - timedelta(days=ago), data_class, 0)
        for ago in range(5)
        for data_class in (DataClass.PROMPT, DataClass.RESPONSE)
    ]
    at_once(*(lambda turn=turn: made(acme, *names[turn:], *names[:turn]) for turn in range(8)))
    assert Cell.objects.count() == len(names)


def guarded(customer: UUID, rows: dict[vault.Key, int], *, today: date = DAY) -> None:
    with transaction.atomic():
        cells.acknowledge(customer, rows, today=today)


def test_the_guard_counts_rows_into_open_cells(acme: UUID) -> None:
    found = made(acme, name(acme), name(acme, DataClass.RESPONSE))
    guarded(acme, {view.key: n for n, view in enumerate(found.values(), 3)})
    guarded(acme, {found[name(acme)].key: 10})
    assert raw.cell(acme, DAY, DataClass.PROMPT).acknowledged == 13
    assert raw.cell(acme, DAY, DataClass.RESPONSE).acknowledged == 4


def test_one_cell_that_moved_turns_the_whole_guard_back(acme: UUID) -> None:
    found = made(acme, name(acme), name(acme, DataClass.RESPONSE))
    raw.run("UPDATE retention_cell SET state = 'sealed' WHERE data_class = 'response'")
    with pytest.raises(CellMoved):
        guarded(acme, {view.key: 1 for view in found.values()})
    assert set(raw.run("SELECT acknowledged FROM retention_cell")) == {(0,)}


@pytest.mark.parametrize(
    ("change", "today"),
    [
        pytest.param("state = 'sealed'", DAY, id="closed"),
        pytest.param("generation = 2", DAY, id="another generation"),
        pytest.param("expires_on = clock_day", DAY, id="due today"),
        pytest.param("generation = 1", ceiling(DAY), id="the day has come"),
    ],
)
def test_the_guard_refuses_a_cell_that_moved(acme: UUID, change: str, today: date) -> None:
    [view] = made(acme, name(acme)).values()
    raw.run(f"UPDATE retention_cell SET {change}")
    with pytest.raises(CellMoved):
        guarded(acme, {view.key: 1}, today=today)


def test_the_guard_refuses_a_cell_of_another_customer(acme: UUID, borealis: UUID) -> None:
    [view] = made(acme, name(acme)).values()
    with pytest.raises(CellMoved):
        guarded(borealis, {view.key: 1})
    with pytest.raises(CellMoved):
        guarded(acme, {vault.Key(name(borealis).id, 1): 1})


def test_what_was_removed_is_deducted_whatever_the_generation(acme: UUID) -> None:
    [view] = made(acme, name(acme, DataClass.SNIPPET)).values()
    guarded(acme, {view.key: 3})
    raw.run("UPDATE retention_cell SET generation = 2")
    with transaction.atomic():
        cells.deduct_delivered(acme, {view.id: 2}, today=DAY)
    cell = raw.cell(acme, DAY, DataClass.SNIPPET)
    assert (cell.acknowledged, cell.delivered) == (3, 2)


def test_the_guard_waits_for_whoever_closes_the_cell_and_then_refuses(acme: UUID) -> None:
    [view] = made(acme, name(acme)).values()

    def acknowledge() -> bool:
        try:
            guarded(acme, {view.key: 1})
        except CellMoved:
            return False
        return True

    with raw.other_session() as session, ThreadPoolExecutor(1) as pool:
        session.execute("UPDATE retention_cell SET state = 'sealed' WHERE id = %s", [view.id])

        def alone() -> bool:
            try:
                return acknowledge()
            finally:
                connections.close_all()

        waiting = pool.submit(alone)
        while not raw.run("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock'"):
            assert not waiting.done()
        session.commit()
        assert waiting.result() is False


def test_writers_and_closers_in_any_order_never_deadlock(acme: UUID) -> None:
    names = [CellName(acme, DAY - timedelta(days=ago), DataClass.PROMPT, 0) for ago in range(12)]
    views = list(made(acme, *names).values())

    def write(turn: int) -> int:
        done = 0
        for n in range(25):
            mine = views[(turn + n) % 12 :] + views[: (turn + n) % 12]
            guarded(acme, {view.key: 1 for view in mine})
            done += 1
        return done

    def close() -> int:
        for _ in range(25):
            with transaction.atomic():
                raw.run("SELECT id FROM retention_cell WHERE state = 'open' ORDER BY id FOR UPDATE")
        return 0

    done = at_once(*(lambda turn=turn: write(turn) for turn in range(5)), close)
    assert set(raw.run("SELECT acknowledged FROM retention_cell")) == {(sum(done),)}
