"""A new customer accepts what is on offer, all or nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from django.db import Error, transaction

from retention.actor import SYSTEM
from retention.errors import NoSuchPolicy
from retention.ledger.models import Entry, Subject
from retention.policies import publish
from retention.policies.models import Activation, PolicyVersion, ProfileChoice
from retention.policies.rules import Profile

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
ACME = uuid4()

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("profile", Profile)
def test_it_binds_at_once_and_says_so_in_the_log(profile: Profile) -> None:
    activation = publish.accept(ACME, profile=profile, by=SYSTEM, now=NOW)
    assert (activation.kind, activation.version.number) == ("accepted", 1)
    assert activation.given_on == activation.effective_on == date(2026, 3, 1)
    choice = ProfileChoice.objects.get()
    assert (choice.customer_id, choice.profile, choice.first_day, choice.chosen_at) == (
        ACME,
        profile.value,
        date(2026, 3, 1),
        NOW,
    )
    entry = Entry.objects.get()
    assert entry.kind == "policy:version:accepted"
    assert entry.facts == {"version": 1, "profile": profile.value, "actor": "system"}
    assert entry.subject == Subject.objects.get(customer_id=ACME).pseudonym
    assert entry.signed_at is None


def test_accepting_twice_is_refused_and_changes_nothing() -> None:
    publish.accept(ACME, profile=Profile.STANDARD, by=SYSTEM, now=NOW)
    with pytest.raises(Error), transaction.atomic():
        publish.accept(ACME, profile=Profile.MINIMAL, by=SYSTEM, now=NOW + timedelta(days=1))
    assert ProfileChoice.objects.get().profile == "standard"
    assert Entry.objects.count() == 1


def test_without_an_offer_nothing_is_made() -> None:
    PolicyVersion.objects.update(state="withdrawn")
    with pytest.raises(NoSuchPolicy):
        publish.accept(ACME, profile=Profile.STANDARD, by=SYSTEM, now=NOW)
    for model in (Activation, ProfileChoice, Entry, Subject):
        assert not model._default_manager.exists()


def test_the_days_are_those_of_utc() -> None:
    tonight = datetime(2026, 3, 1, 22, tzinfo=timezone(timedelta(hours=-5)))
    activation = publish.accept(
        ACME, profile=Profile.STANDARD, by=SYSTEM, now=tonight.astimezone(UTC)
    )
    assert activation.effective_on == date(2026, 3, 2)
