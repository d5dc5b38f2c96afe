"""While an objection is open, the version before binds beside the new one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from retention.actor import SYSTEM
from retention.errors import StaleStay, TooEarly
from retention.ledger.models import Entry
from retention.policies import activate, publish, queries, stays
from retention.policies.models import Stay
from retention.policies.rules import Period, Profile
from tests.factories.versions import announced, bound_from, database_day, version_in

DAY = date(2026, 11, 22)
A_DAY = timedelta(days=1)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db: None) -> UUID:
    database_day(DAY)
    customer = uuid4()
    publish.accept(customer, profile=Profile.STANDARD, by=SYSTEM, now=NOW - 90 * A_DAY)
    return customer


@pytest.mark.parametrize("told", [True, False])
def test_p4_before_its_day_the_version_in_force_is_kept(acme: UUID, told: bool) -> None:
    version = announced(NOW, response=Period(days=90))
    if told:
        activate.give(acme, version, notice_days=30, by=SYSTEM, now=NOW)
    stay = stays.open_stay(acme, version, by=SYSTEM, now=NOW)
    assert stay
    assert (stay.kept.number, stay.first_day, stay.last_day) == (1, DAY, None)
    assert Entry.objects.latest("pk").kind == "policy:stay:opened"
    assert len(queries.terms(acme).stays) == 1


def test_p4_after_its_day_the_one_before_it_is_kept(acme: UUID) -> None:
    version = version_in("announced", takes_effect_on=DAY)
    bound_from(acme, version, DAY)
    stay = stays.open_stay(acme, version, by=SYSTEM, now=NOW)
    assert stay
    assert stay.kept.number == 1


def test_opened_twice_it_is_opened_once(acme: UUID) -> None:
    version = announced(NOW)
    first = stays.open_stay(acme, version, by=SYSTEM, now=NOW)
    entries = Entry.objects.count()
    assert stays.open_stay(acme, version, by=SYSTEM, now=NOW) == first
    assert (Stay.objects.count(), Entry.objects.count()) == (1, entries)


def test_who_was_never_bound_by_another_has_nothing_to_stay_with(acme: UUID) -> None:
    newcomer = uuid4()
    publish.accept(newcomer, profile=Profile.STANDARD, by=SYSTEM, now=NOW)
    only = queries.offered(today=DAY)
    assert stays.open_stay(newcomer, only, by=SYSTEM, now=NOW) is None
    assert stays.open_stay(uuid4(), announced(NOW), by=SYSTEM, now=NOW) is None


def test_p4_it_is_ended_once_and_never_in_the_past(acme: UUID) -> None:
    stay = stays.open_stay(acme, announced(NOW), by=SYSTEM, now=NOW)
    assert stay
    with pytest.raises(TooEarly):
        stays.end_stay(stay, last_day=DAY - A_DAY, by=SYSTEM, now=NOW)
    with pytest.raises(TooEarly):
        stays.end_stay(stay, last_day=DAY - A_DAY, by=SYSTEM, now=NOW - 9 * A_DAY)
    ended = stays.end_stay(stay, last_day=DAY + 9 * A_DAY, by=SYSTEM, now=NOW)
    assert ended.last_day == DAY + 9 * A_DAY
    assert Entry.objects.latest("pk").kind == "policy:stay:ended"
    with pytest.raises(StaleStay):
        stays.end_stay(stay, last_day=DAY, by=SYSTEM, now=NOW)
