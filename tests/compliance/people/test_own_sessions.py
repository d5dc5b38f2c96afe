"""The page that shows where one is signed in, and ends it there."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from compliance.people.models import Session, User
from compliance.people.store import fingerprint
from tests.compliance.people.visitors import CHANGE, OTHERS, SESSIONS, is_in, prove, sign_in, token

pytestmark = pytest.mark.django_db
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"


@pytest.fixture
def both(client: Client, other: Client, amir: User) -> tuple[Client, Client]:
    """Amir is signed in here and there."""
    for browser in (client, other):
        sign_in(browser, amir.email)
    return client, other


def the_other(client: Client) -> Session:
    return Session.objects.exclude(token_hash=fingerprint(token(client))).get()


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_it_lists_ones_own_sessions_and_marks_this_one(
    both: tuple[Client, Client], olga: User
) -> None:
    sign_in(Client(REMOTE_ADDR="192.0.2.77"), olga.email)
    page = text(both[0].get(SESSIONS))
    assert page.count("<tr>") == 3
    assert page.count("this one") == 1
    assert "127.0.0.1" in page
    assert "192.0.2.77" not in page


def test_it_shows_how_to_recognise_a_browser(client: Client, amir: User) -> None:
    client.defaults["HTTP_USER_AGENT"] = FIREFOX
    sign_in(client, amir.email)
    page = text(client.get(SESSIONS))
    assert "Firefox on Linux" in page
    assert "Gecko" not in page


def test_the_page_about_the_password_leads_to_it(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    assert f'href="{SESSIONS}"' in text(client.get(CHANGE))


def test_it_says_how_long_a_session_lives(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    assert "after 60 minutes without use, and 14 days after" in text(client.get(SESSIONS))


def test_and_says_it_to_staff_too(client: Client, olga: User) -> None:
    sign_in(client, olga.email)
    assert "after 15 minutes without use, and 8 hours after" in text(client.get(SESSIONS))


def test_ending_others_takes_the_password_once_more(both: tuple[Client, Client]) -> None:
    here, there = both
    assert here.post(OTHERS)["Location"].startswith("/accounts/reauthenticate/")
    assert is_in(there)
    assert prove(here).status_code == 302
    assert here.post(OTHERS)["Location"] == SESSIONS
    assert is_in(here)
    assert not is_in(there)


def test_ending_one_takes_it_too(both: tuple[Client, Client]) -> None:
    here, there = both
    end = f"{SESSIONS}{the_other(here).pk}/end/"
    here.post(end)
    assert is_in(there)
    prove(here)
    here.post(end)
    assert not is_in(there)
    assert "had ended already" in text(here.post(end, follow=True))


def test_somebody_elses_session_cannot_be_ended(client: Client, amir: User, olga: User) -> None:
    theirs = Client()
    sign_in(theirs, olga.email)
    olgas = Session.objects.get()
    sign_in(client, amir.email)
    prove(client)
    client.post(f"{SESSIONS}{olgas.pk}/end/")
    assert is_in(theirs)


@pytest.mark.parametrize("page", [SESSIONS, OTHERS])
def test_nobody_sees_or_ends_any_without_signing_in(client: Client, page: str) -> None:
    ask = client.get if page == SESSIONS else client.post
    assert ask(page)["Location"].startswith("/accounts/login/")


def test_a_link_cannot_end_a_session(both: tuple[Client, Client]) -> None:
    prove(both[0])
    assert both[0].get(OTHERS).status_code == 405
    assert is_in(both[1])


def test_nor_can_another_site(both: tuple[Client, Client], amir: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = both[0].cookies
    assert strict.post(OTHERS).status_code == 403


def test_it_takes_the_same_number_of_statements_for_many(
    client: Client, amir: User, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        sign_in(Client(), amir.email)
    sign_in(client, amir.email)
    with django_assert_max_num_queries(4):
        client.get(SESSIONS)
