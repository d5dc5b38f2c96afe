"""What a letter compares with: the profile that the customer chose last and that has begun."""

from __future__ import annotations

from datetime import timedelta

from compliance.notices import standing
from retention import clock
from retention.actor import SYSTEM
from retention.expiry import profiles
from retention.policies import queries
from retention.policies.rules import Profile
from tests.compliance.notices.conftest import Scene


def test_a_way_back_that_was_taken_back_the_same_day_is_in_no_letter(scene: Scene) -> None:
    acme = scene.customer("Acme").pk
    today = clock.today()
    for profile in (Profile.STANDARD, Profile.MINIMAL, Profile.STANDARD, Profile.MINIMAL):
        profiles.choose(acme, profile, by=SYSTEM, now=clock.now())
    for day in (today, today + timedelta(days=1), today + timedelta(days=9)):
        assert queries.terms(acme).minimal(day, day)
        assert standing.profiles_of([acme], day) == {acme: Profile.MINIMAL}


def test_a_way_back_begins_tomorrow_in_letters_too(scene: Scene) -> None:
    acme = scene.customer("Acme").pk
    today = clock.today()
    for profile in (Profile.MINIMAL, Profile.STANDARD):
        profiles.choose(acme, profile, by=SYSTEM, now=clock.now())
    assert standing.profiles_of([acme], today) == {acme: Profile.MINIMAL}
    assert standing.profiles_of([acme], today + timedelta(days=1)) == {acme: Profile.STANDARD}
