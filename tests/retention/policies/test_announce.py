"""From a draft to what every customer is told: two people, one day, and a way back."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from retention.actor import SYSTEM, Actor
from retention.errors import (
    AlreadyInForce,
    AnotherPending,
    ContentChanged,
    SamePerson,
    StaleVersion,
    TooEarly,
)
from retention.ledger.models import Entry
from retention.policies import activate, content, publish, queries
from retention.policies.models import Activation, PolicyVersion
from retention.policies.rules import Period, Profile
from tests.factories.versions import (
    APPROVER,
    AUTHOR,
    announced,
    bound_from,
    database_day,
    drafted,
    version_in,
    without_triggers,
)

DAY = date(2026, 11, 22)
A_DAY = timedelta(days=1)
FIRST = date(2026, 12, 24)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _on_22_november(db: None) -> None:
    database_day(DAY)


def approved() -> PolicyVersion:
    draft = drafted(NOW, response=Period(days=90))
    return publish.approve(draft, impact={"cells": 3}, by=APPROVER, now=NOW)


def new_customer(now: datetime = NOW) -> UUID:
    customer = uuid4()
    publish.accept(customer, profile=Profile.STANDARD, by=SYSTEM, now=now)
    return customer


def test_p4_a_second_person_approves_what_was_seen() -> None:
    draft = drafted(NOW)
    seen = content.digest(draft)
    version = publish.approve(draft, impact={"cells": 3}, seen=seen, by=APPROVER, now=NOW)
    assert (version.state, version.approved_by) == ("approved", APPROVER.id)
    assert version.content_hash == seen
    assert version.impact == {"cells": 3}
    assert Entry.objects.latest("pk").facts["content"] == seen


@pytest.mark.parametrize("by", [AUTHOR, SYSTEM, Actor("system", None)])
def test_p4_nobody_approves_their_own_draft(by: Actor) -> None:
    draft = drafted(NOW)
    with pytest.raises(SamePerson):
        publish.approve(draft, impact={}, by=by, now=NOW)
    draft.refresh_from_db()
    assert draft.state == "draft"


def test_p4_a_draft_that_changed_since_it_was_seen_is_not_approved() -> None:
    draft = drafted(NOW)
    seen = content.digest(draft)
    PolicyVersion.objects.filter(pk=draft.pk).update(purpose="Another one.")
    with pytest.raises(ContentChanged):
        publish.approve(draft, impact={}, seen=seen, by=APPROVER, now=NOW)
    with pytest.raises(StaleVersion):
        publish.approve(approved(), impact={}, by=APPROVER, now=NOW)


def test_p4_it_is_announced_for_one_day_and_waits_for_its_entry() -> None:
    version = approved()
    entry = publish.announce(version, takes_effect_on=FIRST, by=AUTHOR, now=NOW)
    version.refresh_from_db()
    assert (version.state, version.takes_effect_on) == ("announced", FIRST)
    assert version.announced_at
    assert (entry.kind, entry.signed_at) == ("policy:version:announced", None)
    assert entry.facts["takes_effect_on"] == "2026-12-24"
    assert queries.pending(today=DAY) == version
    assert queries.offered(today=FIRST) == version
    assert not Activation.objects.exists()


@pytest.mark.parametrize(
    ("today", "notice", "day"),
    [
        (DAY, 30, FIRST),
        (DAY, 60, date(2027, 1, 23)),
        (date(2027, 1, 30), 30, date(2027, 3, 3)),
        (date(2028, 1, 30), 30, date(2028, 3, 2)),
    ],
)
def test_p4_thirty_full_days_lie_between(today: date, notice: int, day: date) -> None:
    assert publish.earliest_effect(today, notice) == day


def test_p4_a_day_too_early_is_refused_and_a_draft_is_not_announced() -> None:
    version = approved()
    with pytest.raises(TooEarly) as refusal:
        publish.announce(version, takes_effect_on=FIRST - A_DAY, by=AUTHOR, now=NOW)
    assert refusal.value.facts == {"earliest": FIRST}
    with pytest.raises(StaleVersion):
        publish.announce(drafted(NOW), takes_effect_on=FIRST, by=AUTHOR, now=NOW)
    version.refresh_from_db()
    assert (version.state, version.takes_effect_on) == ("approved", None)


def test_p4_where_the_database_is_a_day_ahead_its_day_counts() -> None:
    version = approved()
    database_day(DAY + A_DAY)
    with pytest.raises(TooEarly):
        publish.announce(version, takes_effect_on=FIRST, by=AUTHOR, now=NOW)
    publish.announce(version, takes_effect_on=FIRST + A_DAY, by=AUTHOR, now=NOW)


def test_one_version_is_pending_at_a_time() -> None:
    announced(NOW)
    second = approved()
    with pytest.raises(AnotherPending):
        publish.announce(second, takes_effect_on=FIRST, by=AUTHOR, now=NOW)
    later = database_day(FIRST)
    publish.announce(second, takes_effect_on=FIRST + 32 * A_DAY, by=AUTHOR, now=later)


def test_p4_what_was_changed_behind_the_approval_is_not_announced() -> None:
    version = approved()
    with without_triggers():
        version.periods.filter(data_class="response").update(days=5)
    with pytest.raises(ContentChanged):
        publish.announce(version, takes_effect_on=FIRST, by=AUTHOR, now=NOW)


def test_p4_withdrawing_takes_every_notice_back() -> None:
    acme = new_customer()
    version = announced(NOW, response=Period(days=90))
    told = activate.give(acme, version, notice_days=30, by=SYSTEM, now=NOW)
    borealis = new_customer()
    entry = publish.withdraw(version, by=AUTHOR, now=NOW)
    version.refresh_from_db()
    told.refresh_from_db()
    assert version.state == "withdrawn"
    assert version.withdrawn_at
    assert (told.voided_for, entry.facts["notices"]) == ("withdrawn", 2)
    for customer in (acme, borealis):
        assert queries.version_in_force(customer, FIRST + 9 * A_DAY).number == 1
    assert queries.offered(today=FIRST).number == 1
    with pytest.raises(StaleVersion):
        publish.withdraw(version, by=AUTHOR, now=NOW)


def test_p4_what_binds_somebody_is_not_withdrawn() -> None:
    acme = new_customer()
    version = version_in("announced", takes_effect_on=DAY)
    bound_from(acme, version, DAY)
    with pytest.raises(AlreadyInForce):
        publish.withdraw(version, by=AUTHOR, now=NOW)
    with pytest.raises(AlreadyInForce):
        publish.withdraw(version, by=AUTHOR, now=NOW - A_DAY)
    version.refresh_from_db()
    assert version.state == "announced"


def test_an_approved_version_is_withdrawn_before_it_was_announced() -> None:
    version = approved()
    assert publish.withdraw(version, by=AUTHOR, now=NOW).facts["notices"] == 0


def test_p4_a_new_customer_accepts_the_pending_version_too() -> None:
    version = announced(NOW, response=Period(days=90))
    acme = new_customer()
    assert queries.version_in_force(acme, FIRST - A_DAY).number == 1
    assert queries.version_in_force(acme, FIRST) == version
    entry = Entry.objects.latest("pk")
    assert entry.facts["to_come"] == version.number
    late = uuid4()
    publish.accept(late, profile=Profile.STANDARD, by=SYSTEM, now=database_day(FIRST))
    assert [row.version for row in Activation.objects.filter(customer_id=late)] == [version]
