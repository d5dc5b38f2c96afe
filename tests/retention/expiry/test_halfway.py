"""Break it half-way: an exception between any two steps, and the next run ends the work, once."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from retention.expiry.models import DeletionRecord
from retention.expiry.sweep import sweep
from retention.policies.rules import ceiling
from retention.records.models import Cell
from tests.retention.expiry.agreement import faults, unfinished
from tests.retention.expiry.boundaries import BEHIND_A_READER, BOUNDARIES
from tests.retention.expiry.scenes import day_that_ends_on, keep, midnight, reader, standing_at

TODAY = date(2026, 9, 20)
OLD = day_that_ends_on(TODAY)
YESTERDAY = TODAY - timedelta(days=1)


class Crash(Exception):
    """The process dies here."""


def strike() -> None:
    raise Crash


def a_day_to_drop_and_rows_to_delete(acme: UUID, borealis: UUID) -> None:
    """Two customers whose old day ends today, and whose snippets of yesterday do."""
    for customer in (acme, borealis):
        keep(customer, OLD, "old-1", "old-2", snippets=())
        keep(customer, YESTERDAY, "young-1", "young-2")


def records_due() -> int:
    due = Cell.objects.filter(expires_on__lte=TODAY)
    return sum(due.values_list("acknowledged", flat=True))


@contextmanager
def striking_at(number: int, *, before: bool) -> Iterator[None]:
    """Dies at the nth statement of either database, whatever it is."""
    left = number

    def wrapper(execute: Any, *rest: Any) -> Any:
        nonlocal left
        left -= 1
        if left == 0 and before:
            strike()
        result = execute(*rest)
        if left == 0:
            strike()
        return result

    with (
        connections["default"].execute_wrapper(wrapper),
        connections["vault"].execute_wrapper(wrapper),
    ):
        yield


@pytest.mark.parametrize("name", BOUNDARIES)
def test_p3_an_interrupted_purge_leaves_everything_in_agreement_and_is_ended_once(
    name: str, acme: UUID, borealis: UUID
) -> None:
    a_day_to_drop_and_rows_to_delete(acme, borealis)
    due = records_due()
    in_the_way = reader(OLD) if name == BEHIND_A_READER else nullcontext()
    with in_the_way, BOUNDARIES[name](strike), pytest.raises(Crash):
        sweep(now=standing_at(midnight(TODAY)))
    assert faults(TODAY) == []

    sweep(now=standing_at(midnight(TODAY) + timedelta(minutes=1)))
    assert faults(TODAY) == []
    assert unfinished(TODAY) == []
    assert sum(Cell.objects.values_list("purged", flat=True)) == due
    proved = list(DeletionRecord.objects.values_list("customer_id", "clock_day", "counts"))
    assert sum(sum(counts.values()) for _, _, counts in proved) == due
    assert {(owner, day) for owner, day, _ in proved} == {
        (customer, day) for customer in (acme, borealis) for day in (OLD, YESTERDAY)
    }
    before = DeletionRecord.objects.count()
    again = sweep(now=standing_at(midnight(TODAY) + timedelta(minutes=2)))
    assert not any(again.as_dict().values())
    assert DeletionRecord.objects.count() == before == len(proved) == 4


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_p3_a_purge_may_die_at_any_statement(before: bool, acme: UUID) -> None:
    """One database, one day later each time, one statement further, until a run gets through."""
    first = date(2026, 3, 2)
    for n in range(200):
        keep(acme, first + timedelta(days=n), snippets=())
    for number in itertools.count(1):
        today = ceiling(first) + timedelta(days=number)
        keep(acme, today - timedelta(days=1), "with code")
        finished = True
        with striking_at(number, before=before):
            try:
                sweep(now=standing_at(midnight(today)))
            except Crash:
                # With a process its connections die too.
                finished = False
                connections.close_all()
        assert faults(today) == [], number
        sweep(now=standing_at(midnight(today) + timedelta(minutes=1)))
        assert faults(today) == unfinished(today) == [], number
        if finished:
            break
    assert number > 40
