"""Notice to one customer: the day of giving, the day of effect, and taking it back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from retention.actor import SYSTEM
from retention.errors import AlreadyInForce, NotGiven, TooEarly
from retention.ledger.models import Entry
from retention.policies import activate, publish
from retention.policies.models import Activation
from retention.policies.rules import Profile
from tests.factories.versions import (
    AUTHOR,
    announced,
    bound_from,
    database_day,
    drafted,
    version_in,
)

DAY = date(2026, 11, 22)
A_DAY = timedelta(days=1)
FIRST = date(2026, 12, 24)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db: None) -> UUID:
    database_day(DAY)
    customer = uuid4()
    publish.accept(customer, profile=Profile.STANDARD, by=SYSTEM, now=NOW - 90 * A_DAY)
    return customer


@pytest.mark.parametrize(
    ("told_on", "notice_days", "binds_from"),
    [
        (DAY, 30, FIRST),
        (DAY + A_DAY, 30, FIRST),
        (DAY + 2 * A_DAY, 30, date(2026, 12, 25)),
        (DAY, 60, date(2027, 1, 22)),
        (DAY, 90, date(2027, 2, 21)),
        (FIRST + 20 * A_DAY, 30, date(2027, 2, 13)),
    ],
)
def test_p4_it_binds_from_the_chosen_day_and_never_before_the_notice_is_over(
    acme: UUID, told_on: date, notice_days: int, binds_from: date
) -> None:
    version = announced(NOW)
    now = database_day(told_on)
    expected = activate.earliest(acme, version, given_on=told_on, notice_days=notice_days)
    told = activate.give(acme, version, notice_days=notice_days, by=SYSTEM, now=now)
    assert (told.kind, told.given_on, told.effective_on) == ("noticed", told_on, binds_from)
    assert told.effective_on == expected
    entry = Entry.objects.latest("pk")
    assert entry.kind == "policy:version:given"
    assert (entry.facts["given_on"], entry.facts["effective_on"]) == (
        told_on.isoformat(),
        binds_from.isoformat(),
    )


def test_given_twice_it_is_given_once(acme: UUID) -> None:
    version = announced(NOW)
    first = activate.give(acme, version, notice_days=30, by=SYSTEM, now=NOW)
    entries = Entry.objects.count()
    later = database_day(DAY + 5 * A_DAY)
    assert activate.give(acme, version, notice_days=60, by=SYSTEM, now=later) == first
    assert Entry.objects.count() == entries


@pytest.mark.parametrize("notice_days", [0, 29, -30])
def test_p4_less_than_thirty_days_are_refused(acme: UUID, notice_days: int) -> None:
    with pytest.raises(TooEarly):
        activate.give(acme, announced(NOW), notice_days=notice_days, by=SYSTEM, now=NOW)


def test_p4_only_what_is_announced_is_given(acme: UUID) -> None:
    version = announced(NOW)
    publish.withdraw(version, by=AUTHOR, now=NOW)
    for refused in (version, drafted(NOW), version_in("approved", number=9)):
        with pytest.raises(NotGiven):
            activate.give(acme, refused, notice_days=30, by=SYSTEM, now=NOW)
    assert Activation.objects.count() == 1


def test_p4_an_older_version_is_not_given_after_a_newer_one(acme: UUID) -> None:
    older = announced(NOW)
    now = database_day(FIRST)
    newer = announced(now)
    activate.give(acme, newer, notice_days=30, by=SYSTEM, now=now)
    with pytest.raises(NotGiven):
        activate.give(acme, older, notice_days=30, by=SYSTEM, now=now)


def test_p4_a_newer_version_never_binds_before_an_older_one_does(acme: UUID) -> None:
    older = announced(NOW)
    slow = activate.give(acme, older, notice_days=184, by=SYSTEM, now=NOW)
    now = database_day(FIRST)
    told = activate.give(acme, announced(now), notice_days=30, by=SYSTEM, now=now)
    assert told.effective_on == slow.effective_on + A_DAY


def test_p4_a_notice_that_came_back_does_not_count_and_is_given_anew(acme: UUID) -> None:
    version = announced(NOW)
    told = activate.give(acme, version, notice_days=30, by=SYSTEM, now=NOW)
    later = database_day(DAY + 10 * A_DAY)
    voided = activate.void(told, why="bounced", by=SYSTEM, now=later)
    assert (voided.voided_at, voided.voided_for) == (later, "bounced")
    assert Entry.objects.latest("pk").kind == "policy:version:voided"
    entries = Entry.objects.count()
    assert activate.void(told, why="bounced", by=SYSTEM, now=later).pk == told.pk
    assert Entry.objects.count() == entries
    again = activate.give(acme, version, notice_days=30, by=SYSTEM, now=later)
    assert (again.given_on, again.effective_on) == (DAY + 10 * A_DAY, DAY + 41 * A_DAY)


def test_p4_from_its_day_on_a_notice_is_not_voided_by_either_clock(acme: UUID) -> None:
    told = bound_from(acme, version_in("announced", takes_effect_on=DAY), DAY)
    for now in (NOW, NOW - A_DAY):
        with pytest.raises(AlreadyInForce):
            activate.void(told, why="bounced", by=SYSTEM, now=now)
    told.refresh_from_db()
    assert told.voided_at is None
