"""Guessing ends soon, for everybody who guesses, and for nobody else."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.core import mail
from django.core.cache import cache, caches
from django.test import Client
from time_machine import travel

from compliance.people.models import User
from retention.clock import host_now
from tests.compliance.people.visitors import (
    ANOTHER,
    LOGIN,
    LOGOUT,
    RESET,
    change,
    is_in,
    link_in_mail,
    prove,
    set_by_link,
    sign_in,
    thief,
)

pytestmark = pytest.mark.django_db
TRIES = 5


def guess(email: str, times: int = TRIES, **sent: str) -> None:
    """A stranger who tries passwords, from a network of their own for each."""
    for number in range(times):
        stranger = Client(REMOTE_ADDR=f"198.51.100.{number}", **sent)  # type: ignore[arg-type]
        sign_in(stranger, email, f"guess {number}")


def gets_in(email: str, **sent: str) -> bool:
    browser = Client(**sent)  # type: ignore[arg-type]
    sign_in(browser, email)
    return is_in(browser)


def test_four_wrong_tries_do_not_lock_anybody_out(amir: User) -> None:
    guess(amir.email, TRIES - 1)
    assert gets_in(amir.email)


def test_five_do_for_five_minutes(amir: User) -> None:
    guess(amir.email)
    assert not gets_in(amir.email)
    with travel(host_now() + timedelta(minutes=5, seconds=1)):
        assert gets_in(amir.email)


@pytest.mark.parametrize(
    "written", ["AMIR@acme.example", " amir@acme.example ", "Amir@Acme.Example"]
)
def test_another_way_to_write_an_address_gives_no_more_tries(amir: User, written: str) -> None:
    guess(written)
    assert not gets_in(amir.email)


def test_nor_does_another_name_of_the_host(amir: User) -> None:
    guess(amir.email, 3, HTTP_HOST="localhost")
    guess(amir.email, 2, HTTP_HOST="127.0.0.1")
    assert not gets_in(amir.email)


def test_nor_does_an_address_that_a_visitor_claims_to_have(amir: User) -> None:
    for number in range(20):
        stranger = Client(HTTP_X_FORWARDED_FOR=f"203.0.113.{number}")
        sign_in(stranger, f"{number}@acme.example", "wrong")
    assert not gets_in(amir.email)


def test_behind_a_proxy_everybody_has_an_address_of_their_own(amir: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(20):
        stranger = Client(HTTP_X_FORWARDED_FOR=f"192.0.2.1, 203.0.113.{number}")
        sign_in(stranger, f"{number}@acme.example", "wrong")
    assert gets_in(amir.email, HTTP_X_FORWARDED_FOR="192.0.2.1, 203.0.113.99")


def test_one_persons_lock_is_not_anothers(amir: User, olga: User) -> None:
    guess(amir.email)
    assert gets_in(olga.email)


def test_slow_guessing_ends_too(amir: User) -> None:
    now = host_now()
    for step in range(10):
        with travel(now + timedelta(minutes=6 * step)):
            guess(amir.email)
    with travel(now + timedelta(minutes=66)):
        assert not gets_in(amir.email)
    with travel(now + timedelta(days=1, minutes=66)):
        assert gets_in(amir.email)


def test_signing_in_between_gives_a_guesser_no_more_tries(amir: User, olga: User) -> None:
    """An insider who signs in as themselves in between does not start the count anew."""
    insider = Client()
    for number in range(TRIES):
        sign_in(insider, amir.email, f"guess {number}")
        sign_in(insider, olga.email)
        insider.post(LOGOUT)
    assert not gets_in(amir.email)


def test_a_browser_that_was_in_before_keeps_tries_of_its_own(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    client.post(LOGOUT)
    guess(amir.email)
    sign_in(client, amir.email)
    assert is_in(client)


def test_and_no_more_than_anybody(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    client.post(LOGOUT)
    for number in range(TRIES):
        sign_in(client, amir.email, f"guess {number}")
    sign_in(client, amir.email)
    assert not is_in(client)


@pytest.mark.parametrize("value", ["", "x", "eyJvZiI6ImEifQ:1abc:def"])
def test_a_mark_of_ones_own_making_is_worth_nothing(amir: User, value: str) -> None:
    guess(amir.email)
    forger = Client()
    forger.cookies["known"] = value
    sign_in(forger, amir.email)
    assert not is_in(forger)


def test_a_mark_for_another_login_is_worth_nothing(client: Client, amir: User, olga: User) -> None:
    sign_in(client, olga.email)
    client.post(LOGOUT)
    guess(amir.email)
    sign_in(client, amir.email)
    assert not is_in(client)


def test_the_mark_opens_nothing(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    mark = Client()
    mark.cookies["known"] = client.cookies["known"].value
    assert not is_in(mark)


def test_who_reads_the_mail_is_let_in_again(client: Client, amir: User) -> None:
    guess(amir.email)
    client.post(RESET, {"email": amir.email})
    set_by_link(client, link_in_mail())
    sign_in(client, amir.email, ANOTHER)
    assert is_in(client)


def test_links_are_sent_three_times_in_a_quarter_of_an_hour(amir: User) -> None:
    for _ in range(5):
        Client().post(RESET, {"email": amir.email})
    assert len(mail.outbox) == 3


def test_a_stolen_session_cannot_guess_the_password(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    stolen = thief(client)
    answers = [prove(stolen, f"guess {number}") for number in range(TRIES)]
    assert all(answer.status_code == 200 for answer in answers)
    assert "Too many tries" in prove(stolen).content.decode()


def test_nor_by_changing_it(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    stolen = thief(client)
    for number in range(TRIES):
        assert change(stolen, f"guess {number}").status_code == 200
    assert change(stolen).status_code == 429


def test_the_page_that_says_so_is_ours(client: Client) -> None:
    answers = [client.post(LOGIN, {}) for _ in range(61)]
    assert answers[59].status_code == 200
    assert answers[60].status_code == 429
    assert "Wait five minutes" in answers[60].content.decode()


# ---- shared, and never without


@pytest.fixture
def no_valkey(monkeypatch: pytest.MonkeyPatch) -> None:
    """Valkey does not answer."""

    def away(*_: Any, **__: Any) -> None:
        raise redis.ConnectionError

    monkeypatch.setattr(redis.Connection, "connect", away)
    monkeypatch.setattr(redis.UnixDomainSocketConnection, "connect", away)
    counters: Any = caches["default"]
    counters._valkey._cache.get_client(None).connection_pool.disconnect()
    monkeypatch.setattr(counters, "_pause_until", 0.0)


def test_without_valkey_guessing_ends_as_soon(amir: User, no_valkey: None) -> None:
    guess(amir.email, TRIES - 1)
    assert gets_in(amir.email)
    guess(amir.email, 1)
    assert not gets_in(amir.email)


def test_another_process_knows_what_was_counted_here() -> None:
    cache.set("seen", [1.5, 2.5], 60)
    ask = (
        "import django, sys; django.setup(); from django.core.cache import caches;"
        "found = caches['default']; found._valkey.key_prefix = sys.argv[1];"
        "print(found.get('seen'), found._pause_until)"
    )
    found = subprocess.run(
        [sys.executable, "-c", ask, f"test-{os.getpid()}"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "DJANGO_SETTINGS_MODULE": "compliance.project.settings"},
    )
    assert found.stdout.strip() == "[1.5, 2.5] 0.0"
