"""Which rules bind a customer on which day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from retention.actor import SYSTEM
from retention.errors import NoSuchPolicy, NoVersionInForce
from retention.policies import publish, queries
from retention.policies.models import Activation, PolicyVersion, ProfileChoice, Stay
from retention.policies.rules import (
    MINIMAL_RULES,
    STANDARD_RULES,
    DataClass,
    Period,
    Profile,
    expires_on,
)
from tests.factories.versions import bound_from, version_in, without_triggers

SIGN_UP = datetime(2026, 3, 1, 9, tzinfo=UTC)
DAY = date(2026, 11, 22)
A_DAY = timedelta(days=1)


pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db: None) -> UUID:
    """A customer of the standard profile since 1 March."""
    customer = uuid4()
    publish.accept(customer, profile=Profile.STANDARD, by=SYSTEM, now=SIGN_UP)
    return customer


def version(number: int, *, response_days: int, state: str = "announced") -> PolicyVersion:
    """A further version that keeps responses for some days."""
    periods = {"response": Period(days=response_days)}
    return version_in(state, number=number, takes_effect_on=DAY, periods=periods)


def choose(customer: UUID, profile: Profile, first_day: date) -> None:
    with without_triggers():
        ProfileChoice.objects.create(
            customer_id=customer, profile=profile.value, first_day=first_day, chosen_at=SIGN_UP
        )


def end(customer: UUID, clock_day: date, today: date, data_class: str = "response") -> date:
    return expires_on(
        clock_day=clock_day,
        data_class=DataClass(data_class),
        retain_days=0,
        spans=queries.terms(customer).spans(),
        today=today,
    )


def test_version_1_says_what_was_promised() -> None:
    offered = queries.offered(today=DAY)
    assert (offered.number, offered.state) == (1, "announced")
    assert offered.rules() == STANDARD_RULES
    assert (offered.context_lines, offered.whole_files) == (20, False)
    assert "legal hold" in offered.text


@pytest.mark.parametrize(("state", "number"), [("draft", 1), ("approved", 1), ("announced", 2)])
def test_the_newest_announced_version_is_offered(state: str, number: int) -> None:
    version(2, response_days=90, state=state)
    assert queries.offered(today=DAY).number == number


def test_p4_until_its_day_a_version_is_pending_and_the_one_before_is_offered(db: None) -> None:
    second = version(2, response_days=90)
    assert queries.offered(today=DAY - A_DAY).number == 1
    assert queries.pending(today=DAY - A_DAY) == second
    assert queries.offered(today=DAY) == second
    assert queries.pending(today=DAY) is None


def test_a_higher_number_with_an_earlier_day_is_not_the_newest(db: None) -> None:
    version(2, response_days=90)
    version_in("announced", number=3, takes_effect_on=DAY - 10 * A_DAY)
    assert queries.offered(today=DAY).number == 2


def test_with_every_version_withdrawn_there_is_nothing_to_offer() -> None:
    PolicyVersion.objects.update(state="withdrawn")
    with pytest.raises(NoSuchPolicy):
        queries.offered(today=DAY)


def test_somebody_who_accepted_nothing_has_no_terms(acme: UUID) -> None:
    with pytest.raises(NoVersionInForce):
        queries.terms(uuid4())
    with pytest.raises(NoVersionInForce):
        queries.version_in_force(uuid4(), DAY)


def test_before_the_first_version_none_is_in_force(acme: UUID) -> None:
    with pytest.raises(NoVersionInForce):
        queries.version_in_force(acme, SIGN_UP.date() - A_DAY)
    assert queries.version_in_force(acme, SIGN_UP.date()).number == 1


def test_what_occurred_before_sign_up_follows_the_first_version(acme: UUID) -> None:
    early = SIGN_UP.date() - timedelta(days=10)
    assert queries.terms(acme).version_on(early) == queries.offered(today=DAY).pk


@pytest.mark.parametrize(("on", "number"), [(DAY - A_DAY, 1), (DAY, 2), (DAY + 900 * A_DAY, 2)])
def test_a_version_binds_from_its_first_day(acme: UUID, on: date, number: int) -> None:
    second = version(2, response_days=90)
    bound_from(acme, second, DAY)
    assert queries.version_in_force(acme, on).number == number
    assert (queries.terms(acme).version_on(on) == second.pk) is (number == 2)


def test_one_customers_version_does_not_bind_another(acme: UUID) -> None:
    borealis = uuid4()
    publish.accept(borealis, profile=Profile.STANDARD, by=SYSTEM, now=SIGN_UP)
    bound_from(acme, version(2, response_days=90), DAY)
    assert queries.version_in_force(borealis, DAY).number == 1
    assert end(borealis, DAY, DAY) == date(2027, 5, 22)


def test_p4_a_shorter_version_reaches_old_days_from_its_first_day_on(acme: UUID) -> None:
    bound_from(acme, version(2, response_days=90), DAY)
    old = DAY - timedelta(days=10)
    assert end(acme, old, DAY - A_DAY) == date(2027, 5, 12)
    assert end(acme, old, DAY) == old + timedelta(days=90)


def test_a_longer_version_binds_only_days_from_its_first_day_on(acme: UUID) -> None:
    bound_from(acme, version(2, response_days=20), DAY - timedelta(days=50))
    bound_from(acme, version(3, response_days=100), DAY)
    assert end(acme, DAY - A_DAY, DAY) == DAY - A_DAY + timedelta(days=20)
    assert end(acme, DAY, DAY) == DAY + timedelta(days=100)


def test_of_two_versions_of_one_first_day_only_the_later_was_ever_in_force(acme: UUID) -> None:
    bound_from(acme, version(2, response_days=20), DAY)
    bound_from(acme, version(3, response_days=100), DAY)
    assert queries.version_in_force(acme, DAY).number == 3
    assert queries.terms(acme).version_on(DAY) == queries.version_in_force(acme, DAY).pk
    assert end(acme, DAY - A_DAY, DAY) == DAY - A_DAY + timedelta(days=100)
    assert end(acme, DAY, DAY) == DAY + timedelta(days=100)


def test_p16_a_profile_binds_from_its_first_day(acme: UUID) -> None:
    choose(acme, Profile.MINIMAL, DAY)
    terms = queries.terms(acme)
    assert not terms.minimal(DAY - A_DAY, DAY - A_DAY)
    assert terms.minimal(DAY, DAY)
    assert terms.minimal(DAY - 30 * A_DAY, DAY)
    assert terms.spans()[-1].rules == MINIMAL_RULES
    assert end(acme, DAY, DAY) == DAY + timedelta(days=30)
    assert end(acme, DAY - A_DAY, DAY, "prompt") == DAY


def test_p16_what_was_chosen_later_counts_also_for_the_same_days(acme: UUID) -> None:
    choose(acme, Profile.MINIMAL, DAY)
    choose(acme, Profile.STANDARD, DAY + A_DAY)
    choose(acme, Profile.MINIMAL, DAY)
    assert queries.terms(acme).minimal(DAY + 90 * A_DAY, DAY + 90 * A_DAY)
    choose(acme, Profile.STANDARD, DAY + A_DAY)
    choose(acme, Profile.STANDARD, DAY + A_DAY)
    terms = queries.terms(acme)
    assert [(span.first_day, profile) for span, profile in terms.profiles[1:]] == [
        (DAY, Profile.MINIMAL),
        (DAY + A_DAY, Profile.STANDARD),
    ]


def test_p16_a_profile_chosen_anew_before_it_ended_goes_on_since_its_first_day(acme: UUID) -> None:
    choose(acme, Profile.MINIMAL, DAY)
    choose(acme, Profile.STANDARD, DAY + 4 * A_DAY)
    choose(acme, Profile.MINIMAL, DAY + 3 * A_DAY)
    span, _ = queries.terms(acme).profiles[-1]
    assert (span.first_day, span.last_day) == (DAY, None)
    day = DAY + 2 * A_DAY
    assert end(acme, day, DAY + 3 * A_DAY, "prompt") == day + 30 * A_DAY


def test_p16_going_back_to_standard_keeps_what_was_promised_meanwhile(acme: UUID) -> None:
    choose(acme, Profile.MINIMAL, DAY)
    choose(acme, Profile.STANDARD, DAY + 5 * A_DAY)
    later = DAY + 20 * A_DAY
    assert queries.terms(acme).minimal(DAY, later)
    assert not queries.terms(acme).minimal(DAY + 5 * A_DAY, later)
    assert end(acme, DAY + 4 * A_DAY, later) == DAY + 34 * A_DAY
    assert end(acme, DAY + 5 * A_DAY, later) == date(2027, 5, 27)


def test_p4_a_voided_notice_binds_nobody(acme: UUID) -> None:
    told = bound_from(acme, version(2, response_days=90), DAY)
    with without_triggers():
        Activation.objects.filter(pk=told.pk).update(voided_at=SIGN_UP, voided_for="bounced")
    assert queries.version_in_force(acme, DAY).number == 1
    assert queries.terms(acme).version_on(DAY) == queries.version_in_force(acme, DAY).pk
    assert end(acme, DAY, DAY) == date(2027, 5, 22)


@pytest.mark.parametrize(("older", "newer", "in_the_stay"), [(30, 90, 30), (90, 30, 30)])
def test_p4_while_a_stay_stands_the_shorter_of_both_versions_binds(
    acme: UUID, older: int, newer: int, in_the_stay: int
) -> None:
    kept, to_come = version(2, response_days=older), version(3, response_days=newer)
    bound_from(acme, kept, DAY - 50 * A_DAY)
    bound_from(acme, to_come, DAY)
    until = DAY + 9 * A_DAY
    with without_triggers():
        Stay.objects.create(
            customer_id=acme, version=to_come, kept=kept, first_day=DAY, last_day=until
        )
    assert [(end(acme, day, day) - day).days for day in (DAY, until)] == [in_the_stay] * 2
    assert (end(acme, until + A_DAY, until + A_DAY) - until - A_DAY).days == newer
    assert queries.terms(acme).version_on(DAY) == to_come.pk


def test_terms_take_the_same_few_statements_however_many_versions(
    acme: UUID, django_assert_num_queries: object
) -> None:
    for number in range(2, 8):
        bound_from(acme, version(number, response_days=90), DAY + number * A_DAY)
    with django_assert_num_queries(2):  # type: ignore[operator]
        queries.terms(acme)
