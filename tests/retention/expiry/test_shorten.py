"""A shorter rule takes effect: older deletion dates move earlier, counted, once, and resumably."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from retention.actor import SYSTEM
from retention.errors import ClockSuspect
from retention.expiry import guard, moves, shorten
from retention.expiry.sweep import sweep
from retention.ledger.models import Entry
from retention.policies import activate, publish, stays
from retention.policies.models import Activation, PolicyVersion, Stay
from retention.policies.rules import Period
from retention.records.models import Cell
from tests.conftest import Live
from tests.factories.versions import (
    AUTHOR,
    announced,
    bound_from,
    database_day,
    version_in,
    without_triggers,
)
from tests.retention.expiry.scenes import keep, noon, standing_at, states

A_DAY = timedelta(days=1)
DAY = date(2026, 11, 22)
OLD = DAY - 100 * A_DAY


def ninety(on: date = DAY, number: int = 2) -> PolicyVersion:
    return version_in(
        "announced",
        number=number,
        takes_effect_on=on,
        periods={"response": Period(days=90)},
    )


def ends(customer: UUID, data_class: str = "response") -> dict[date, date]:
    found = Cell.objects.filter(customer_id=customer, data_class=data_class)
    return dict(found.values_list("clock_day", "expires_on"))


@pytest.fixture(autouse=True)
def _days_of_its_own(settings: Any) -> None:
    """Outside a demonstration a database that is moved to another day stops the run."""
    settings.DEMO = True


@pytest.fixture
def told(acme: UUID, monkeypatch: pytest.MonkeyPatch) -> Activation:
    """Acme has a very old, an old and a young day, and a version whose rule is shorter."""
    monkeypatch.setattr(shorten.content, "check", lambda version: None)
    database_day(DAY)
    for day in (OLD, DAY - 50 * A_DAY, DAY):
        keep(acme, day)
    return bound_from(acme, ninety(), DAY)


def test_p4_on_the_day_and_not_before_older_dates_move_earlier(
    acme: UUID, told: Activation
) -> None:
    before = ends(acme)
    assert not shorten.apply_due(DAY - A_DAY, noon(DAY - A_DAY)).cells
    assert ends(acme) == before
    moved = shorten.apply_due(DAY, noon(DAY))
    assert ends(acme) == {day: day + 90 * A_DAY for day in before}
    assert (moved.cells, moved.items, moved.due) == (3, 3, 1)
    assert set(ends(acme, "prompt").values()) == {
        date(2027, 2, 14), date(2027, 4, 3), date(2027, 5, 22)
    }  # fmt: skip
    told.refresh_from_db()
    assert told.applied_at == noon(DAY)


def test_p4_while_the_databases_day_has_not_come_nothing_moves(
    acme: UUID, told: Activation
) -> None:
    database_day(DAY - A_DAY)
    assert not shorten.apply_due(DAY, noon(DAY)).cells
    told.refresh_from_db()
    assert told.applied_at is None


def test_it_is_in_the_log_with_its_counts_and_applied_once(acme: UUID, told: Activation) -> None:
    shorten.apply_due(DAY, noon(DAY))
    [entry] = Entry.objects.filter(kind="policy:version:applied")
    assert entry.facts == {
        "versions": [2], "profiles": [], "cells": 3, "items": 3,
        "by_class": {"response": 3}, "due_at_once": 1, "done": True,
    }  # fmt: skip
    assert not shorten.apply_due(DAY, noon(DAY)).cells
    assert Entry.objects.filter(kind="policy:version:applied").count() == 1


def test_what_is_due_then_goes_the_ordinary_way(acme: UUID, told: Activation) -> None:
    sweep(now=standing_at(noon(DAY)))
    gone = Cell.objects.get(customer_id=acme, clock_day=OLD, data_class="response")
    assert (gone.state, gone.expires_on) == ("purged", OLD + 90 * A_DAY)
    left = Cell.objects.filter(customer_id=acme, data_class="response").exclude(pk=gone.pk)
    assert set(left.values_list("state", flat=True)) == {"open"}


@pytest.mark.parametrize("why", ["bounced", "withdrawn"])
def test_p4_what_was_voided_or_withdrawn_moves_nothing(acme: UUID, why: str) -> None:
    database_day(DAY - 40 * A_DAY)
    keep(acme, OLD)
    now = noon(DAY - 40 * A_DAY)
    version = announced(now, response=Period(days=90))
    given = activate.give(acme, version, notice_days=30, by=SYSTEM, now=now)
    if why == "bounced":
        activate.void(given, why=why, by=SYSTEM, now=now)
    else:
        publish.withdraw(version, by=AUTHOR, now=now)
    before = ends(acme)
    database_day(DAY)
    assert not shorten.apply_due(DAY, noon(DAY)).cells
    assert ends(acme) == before


def test_p4_a_longer_rule_touches_nothing_old(acme: UUID, told: Activation) -> None:
    shorten.apply_due(DAY, noon(DAY))
    longer = version_in("announced", number=3, takes_effect_on=DAY + A_DAY)
    bound_from(acme, longer, DAY + A_DAY)
    database_day(DAY + A_DAY)
    keep(acme, DAY + A_DAY)
    before = ends(acme)
    assert not shorten.apply_due(DAY + A_DAY, noon(DAY + A_DAY)).cells
    assert ends(acme) == before
    assert before[DAY + A_DAY] == date(2027, 5, 23)


def test_p4_what_says_something_else_than_was_approved_moves_nothing(acme: UUID) -> None:
    database_day(DAY)
    keep(acme, OLD)
    before = ends(acme)
    bound_from(acme, ninety(), DAY)
    assert not shorten.apply_due(DAY, noon(DAY)).cells
    assert ends(acme) == before


def test_p4_a_host_whose_clock_runs_backwards_moves_nothing(
    acme: UUID, told: Activation, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard.check()
    ahead = guard.read()
    shifted = guard.Reading(ahead.host_time - A_DAY, ahead.boot_id, ahead.uptime_seconds)
    monkeypatch.setattr(guard, "read", lambda: shifted)
    before = ends(acme)
    with pytest.raises(ClockSuspect):
        sweep(now=standing_at(noon(DAY)))
    assert ends(acme) == before


def test_one_customers_version_moves_nothing_of_another(
    acme: UUID, borealis: UUID, told: Activation
) -> None:
    keep(borealis, OLD)
    before = ends(borealis)
    shorten.apply_due(DAY, noon(DAY))
    assert ends(borealis) == before


def test_p4_a_stay_with_a_shorter_version_reaches_what_came_in_meanwhile(
    acme: UUID, told: Activation
) -> None:
    shorten.apply_due(DAY, noon(DAY))
    later = DAY + 10 * A_DAY
    longer = version_in("announced", number=3, takes_effect_on=later)
    bound_from(acme, longer, later)
    database_day(later + 5 * A_DAY)
    keep(acme, later)
    assert ends(acme)[later] == date(2027, 6, 2)
    stays.open_stay(acme, longer, by=SYSTEM, now=noon(later + 5 * A_DAY))
    assert shorten.apply_due(later + 5 * A_DAY, noon(later + 5 * A_DAY)).cells == 1
    assert ends(acme)[later] == later + 90 * A_DAY
    assert Stay.objects.get().applied_at


# ---- broken half-way


def many(acme: UUID, monkeypatch: pytest.MonkeyPatch) -> dict[date, date]:
    """Six days in chunks of two cells."""
    monkeypatch.setattr(shorten, "CHUNK", 2)
    for number in range(1, 7):
        keep(acme, OLD + number * A_DAY)
    return ends(acme)


@pytest.mark.parametrize("after", [0, 1, 3])
def test_p4_broken_off_it_goes_on_and_the_log_counts_every_cell_once(
    acme: UUID, told: Activation, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    before = many(acme, monkeypatch)
    real, calls = shorten._move_chunk, []

    def break_off(*args: Any) -> moves.Moved:
        if len(calls) == after:
            raise ZeroDivisionError
        calls.append(1)
        return real(*args)

    monkeypatch.setattr(shorten, "_move_chunk", break_off)
    with pytest.raises(ZeroDivisionError):
        sweep(now=standing_at(noon(DAY)))
    told.refresh_from_db()
    assert told.applied_at is None
    monkeypatch.setattr(shorten, "_move_chunk", real)
    shorten.apply_due(DAY, noon(DAY))
    live = Cell.objects.filter(customer_id=acme, data_class="response")
    assert {c.clock_day: c.expires_on for c in live} == {d: d + 90 * A_DAY for d in before}
    entries = Entry.objects.filter(kind="policy:version:applied").order_by("pk")
    assert sum(entry.facts["cells"] for entry in entries) == len(before)
    assert [entry.facts["done"] for entry in entries][-1]
    assert sum(entry.facts["done"] for entry in entries) == 1


def test_a_step_that_fails_leaves_cells_log_and_mark_as_they_were(
    acme: UUID, told: Activation, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, entries = ends(acme), Entry.objects.count()

    def fail(*_: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(shorten, "_say_applied", fail)
    with pytest.raises(ZeroDivisionError):
        shorten.apply_due(DAY, noon(DAY))
    told.refresh_from_db()
    assert (ends(acme), Entry.objects.count(), told.applied_at) == (before, entries, None)


def test_what_fails_for_one_customer_keeps_no_other_from_it_and_nothing_from_being_deleted(
    acme: UUID, borealis: UUID, told: Activation, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(borealis, OLD)
    bound_from(borealis, told.version, DAY)
    real = shorten._finish

    def fail_for_acme(customer: UUID, *args: Any) -> moves.Moved:
        if customer == acme:
            raise ZeroDivisionError
        return real(customer, *args)

    monkeypatch.setattr(shorten, "_finish", fail_for_acme)
    with pytest.raises(ZeroDivisionError):
        sweep(now=standing_at(noon(DAY)))
    assert states(customer=borealis, day=OLD) == {"open", "purged"}
    assert ends(acme)[OLD] == date(2027, 2, 14)


def test_who_accepted_at_sign_up_is_marked_without_an_entry(acme: UUID, live: Live) -> None:
    database_day(DAY)
    shorten.apply_due(DAY, noon(DAY))
    assert Activation.objects.get(customer_id=acme).applied_at
    assert not Entry.objects.filter(kind="policy:version:applied").exists()


def test_a_cell_that_is_being_deleted_is_left_alone(acme: UUID, told: Activation) -> None:
    with without_triggers():
        Cell.objects.filter(customer_id=acme, clock_day=OLD).update(state="purging")
    shorten.apply_due(DAY, noon(DAY))
    assert ends(acme)[OLD] == date(2027, 2, 14)


def test_the_terms_of_somebody_slow_make_no_cell_with_an_older_date(
    acme: UUID, told: Activation
) -> None:
    eve = datetime(2026, 11, 21, 23, 59, 59, tzinfo=UTC)
    shorten.apply_due(DAY, noon(DAY))
    keep(acme, DAY - 30 * A_DAY, received=eve)
    assert ends(acme)[DAY - 30 * A_DAY] == DAY + 60 * A_DAY
