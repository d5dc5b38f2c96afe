"""What a version would do, before anybody decides; and who is on which version."""

from __future__ import annotations

import json
from datetime import date, timedelta
from uuid import UUID

import pytest

from retention.actor import SYSTEM
from retention.expiry import shorten
from retention.expiry.impact import impact
from retention.policies import activate, history
from retention.policies.rules import Period
from tests.factories.versions import announced, bound_from, database_day, version_in
from tests.retention.expiry.scenes import keep, noon

A_DAY = timedelta(days=1)
DAY = date(2026, 11, 22)
FIRST = date(2026, 12, 24)


@pytest.fixture
def _kept(acme: UUID, borealis: UUID) -> None:
    database_day(DAY)
    for age in (160, 100, 50, 0):
        keep(acme, DAY - age * A_DAY)
    keep(borealis, DAY)


@pytest.mark.usefixtures("_kept")
def test_p4_it_counts_what_moves_and_what_goes_on_the_first_day(acme: UUID) -> None:
    draft = version_in("draft", periods={"response": Period(days=90)})
    found = impact(draft, takes_effect_on=FIRST, today=DAY)
    # What is 160 days old ends on 15 December, before the version takes effect.
    assert (found.customers, found.cells, found.items) == (2, 4, 4)
    assert found.by_class == {"response": {"cells": 4, "items": 4}}
    assert found.first_day == {"response": {"cells": 1, "items": 1}}
    assert (found.earliest, found.on_hold) == (FIRST, 0)
    stored = json.loads(json.dumps(found.as_dict()))
    assert stored["takes_effect_on"] == "2026-12-24"
    assert stored["weeks"][0] == ["2026-11-22", 12, 12]


@pytest.mark.usefixtures("_kept")
def test_p4_the_weeks_part_only_once_it_takes_effect(acme: UUID) -> None:
    draft = version_in("draft", periods={"response": Period(days=90)})
    weeks = impact(draft, takes_effect_on=FIRST, today=DAY).weeks
    assert all(old == new for day, old, new in weeks if day < FIRST)
    assert all(old >= new for _, old, new in weeks)
    assert [(old, new) for day, old, new in weeks if day == DAY + 35 * A_DAY] == [(8, 7)]
    assert weeks[-1][1:] == (0, 0)


@pytest.mark.usefixtures("_kept")
def test_a_version_that_keeps_longer_moves_nothing(acme: UUID) -> None:
    found = impact(version_in("draft"), takes_effect_on=FIRST, today=DAY)
    assert (found.customers, found.cells, found.first_day) == (0, 0, {})


@pytest.mark.usefixtures("_kept")
def test_p4_what_was_foretold_is_what_moves(
    acme: UUID, borealis: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shorten.content, "check", lambda version: None)
    version = version_in("announced", takes_effect_on=FIRST, periods={"response": Period(days=90)})
    foretold = impact(version, takes_effect_on=FIRST, today=DAY)
    for customer in (acme, borealis):
        bound_from(customer, version, FIRST)
    database_day(FIRST)
    moved = shorten.apply_due(FIRST, noon(FIRST))
    # The one that ended on 15 December still stands here: no deletion run came by.
    assert moved.cells - 1 == foretold.cells
    assert moved.due - 1 == foretold.first_day["response"]["items"]


def test_p4_it_is_known_who_is_on_which_version(acme: UUID, borealis: UUID) -> None:
    now = database_day(DAY)
    version = announced(now, response=Period(days=90))
    told = activate.give(acme, version, notice_days=60, by=SYSTEM, now=now)
    first, second = history.standing(today=DAY)
    assert (first.bound, first.ahead, first.not_given) == (2, [], 0)
    assert (second.bound, second.ahead, second.not_given) == (0, [(told.effective_on, 1)], 1)
    first, second = history.standing(today=told.effective_on)
    assert (first.bound, second.bound, second.ahead, second.not_given) == (1, 1, [], 1)
