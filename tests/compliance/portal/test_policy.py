"""The policy page says what binds this customer, what comes, and what a stricter choice does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from compliance.portal import rules
from retention import clock
from retention.expiry import partitions
from retention.policies import queries
from retention.policies.history import bindings
from retention.policies.models import ProfileChoice
from retention.policies.rules import Profile
from retention.records import ingest
from retention.records.models import Cell
from tests.cast import Cast
from tests.compliance.notices.conftest import Scene
from tests.compliance.portal.doors import HOME, MINIMAL, POLICY, STANDARD, member
from tests.factories.exchanges import exchange

Told = Callable[[], Scene]


def keep_something(cast: Cast) -> None:
    """An AI call of Acme's, of today."""
    now = clock.now()
    partitions.ensure(now.date())
    ingest.store(cast.acme.id, [exchange(at=now)], now=now)


def test_it_says_how_long_each_kind_is_kept_and_when_an_item_of_today_goes(
    guest: Client, cast: Cast
) -> None:
    today = clock.today()
    found = rules.now(bindings(cast.acme.id, today=today), queries.terms(cast.acme.id), today=today)
    assert [row.name for row in found.rows][:2] == ["Prompts", "Code snippets"]
    assert {row.kept for row in found.rows} >= {"6 months"}
    page = guest.get(POLICY).content.decode()
    for row in found.rows:
        assert row.goes_on
        assert f"{row.goes_on:%Y-%m-%d}T00:00:00Z" in page
    assert "No change is announced" in page


def test_p4_a_change_that_comes_is_said_with_its_day_and_what_follows(
    guest: Client, cast: Cast, told: Told
) -> None:
    told()
    for path in (HOME, POLICY):
        page = guest.get(path).content.decode()
        assert "<strong>AI responses:</strong> 6 months → 90 days" in page
    assert guest.get(f"{POLICY}versions/2/").status_code == 200
    assert guest.get(f"{POLICY}versions/1/").status_code == 200


def test_p15_a_version_that_does_not_bind_this_customer_is_not_shown(
    guest: Client, cast: Cast
) -> None:
    assert guest.get(f"{POLICY}versions/7/").status_code == 404


@pytest.mark.parametrize("who", ["vera", "guest"])
def test_p16_only_an_admin_chooses(guest: Client, cast: Cast, who: str) -> None:
    browser = guest if who == "guest" else member(cast.vera)
    assert "Look at what would go" not in browser.get(POLICY).content.decode()
    assert browser.get(MINIMAL).status_code == 403
    assert browser.post(MINIMAL, {"typed": "Acme"}).status_code == 403
    assert ProfileChoice.objects.filter(customer_id=cast.acme.id).count() == 1


def test_p16_what_would_go_is_shown_first_and_nothing_goes_by_looking(cast: Cast) -> None:
    keep_something(cast)
    before = list(Cell.objects.order_by("id").values_list("id", "expires_on"))
    page = member(cast.amir).get(MINIMAL).content.decode()
    assert "What goes does not come back." in page
    assert "Prompts" in page
    assert before == list(Cell.objects.order_by("id").values_list("id", "expires_on"))


def test_p16_typed_by_an_admin_it_applies_at_once(cast: Cast) -> None:
    keep_something(cast)
    amir = _signed_in(cast)
    answer = amir.post(MINIMAL, {"typed": " Acme "}, follow=True)
    assert "As little as possible is kept from now on" in answer.content.decode()
    today = clock.today()
    chosen = ProfileChoice.objects.filter(customer_id=cast.acme.id).latest("id")
    assert (chosen.profile, chosen.first_day) == ("minimal", today)
    assert max(Cell.objects.values_list("expires_on", flat=True)) <= today + timedelta(days=30)
    assert "not kept at all" in amir.get(POLICY).content.decode()


@pytest.mark.parametrize("typed", ["", "acme", "Borealis", "Acme x"])
def test_p16_with_another_word_nothing_happens(cast: Cast, typed: str) -> None:
    answer = _signed_in(cast).post(MINIMAL, {"typed": typed})
    assert answer.status_code == 400
    assert "not the name" in answer.content.decode()
    assert ProfileChoice.objects.filter(customer_id=cast.acme.id).count() == 1


def test_p16_an_admin_whose_password_was_given_long_ago_gives_it_again(cast: Cast) -> None:
    amir = _signed_in(cast)
    with time_machine.travel(clock.host_now() + timedelta(minutes=20)):
        answer = amir.post(MINIMAL, {"typed": "Acme"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert ProfileChoice.objects.filter(customer_id=cast.acme.id).count() == 1


def test_p16_the_way_back_binds_from_tomorrow_and_brings_nothing_back(cast: Cast) -> None:
    amir = _signed_in(cast)
    amir.post(MINIMAL, {"typed": "Acme"})
    assert "comes in from" in amir.get(STANDARD).content.decode()
    amir.post(STANDARD, {"typed": "Acme"})
    terms, today = queries.terms(cast.acme.id), clock.today()
    assert rules.profile_on(terms, today) is Profile.MINIMAL
    assert rules.profile_on(terms, today + timedelta(days=1)) is Profile.STANDARD
    assert "binds what comes in from then on" in amir.get(POLICY).content.decode()


def test_choosing_what_is_chosen_already_changes_nothing(cast: Cast) -> None:
    answer = member(cast.amir).get(STANDARD, follow=True)
    assert "Nothing was done" in answer.content.decode()
    assert member(cast.amir).get(f"{POLICY}keep/everything/").status_code == 404


def test_p15_a_choice_touches_no_other_customer(cast: Cast) -> None:
    _signed_in(cast).post(MINIMAL, {"typed": "Acme", "customer": str(cast.borealis.id)})
    assert queries.terms(cast.borealis.id).profiles[-1][1] is Profile.STANDARD


def _signed_in(cast: Cast) -> Client:
    """By the form, since a password that was just given is asked for."""
    from tests.cast import PASSWORD

    client = Client()
    client.post("/accounts/login/", {"login": cast.amir.email, "password": PASSWORD})
    return client
