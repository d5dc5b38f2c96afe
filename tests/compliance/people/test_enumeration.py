"""Nobody finds out who has a login: not by text, status, headers, mail, or the work done."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from compliance.people import forms
from compliance.people.models import User
from tests.cast import PASSWORD
from tests.compliance.people.visitors import ANOTHER, RESET, is_in, sign_in

pytestmark = pytest.mark.django_db
NOBODY = "nobody@acme.example"


@pytest.fixture
def off(amir: User) -> User:
    """A login that is switched off."""
    return User.objects.create_user("off@acme.example", PASSWORD, is_active=False)


def seen(answer: Any, typed: str) -> tuple[object, ...]:
    """All that a visitor gets, without what they typed themselves and what is random."""
    text = answer.content.decode().replace(typed, "")
    text = re.sub(r'csrfmiddlewaretoken\\?" value=\\?"\w+', "", text)
    cookies = {
        name: {key: value for key, value in cookie.items() if key != "expires"}
        for name, cookie in answer.cookies.items()
    }
    # The length is that of the page with the address that was typed.
    random = ("Expires", "Content-Length")
    headers = {name: value for name, value in answer.items() if name not in random}
    return answer.status_code, text, headers, cookies


def try_password(email: str, password: str = "wrong", **sent: str) -> tuple[object, ...]:
    return seen(sign_in(Client(**sent), email, password), email)  # type: ignore[arg-type]


def ask_for_link(email: str) -> tuple[object, ...]:
    return seen(Client().post(RESET, {"email": email}), email)


def work(do: Callable[[str], object], email: str) -> list[str]:
    """The statements that an answer takes, without their values."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        do(email)
    return [re.sub(r"'[^']*'|\d+", "?", query["sql"]) for query in queries]


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """How often the dear function was called."""
    calls: list[str] = []
    once = ScryptPasswordHasher.encode

    def encode(self: Any, password: str, salt: str, *rest: Any) -> str:
        calls.append(password)
        return once(self, password, salt, *rest)

    monkeypatch.setattr(ScryptPasswordHasher, "encode", encode)
    return calls


# ---- signing in


def test_a_wrong_password_and_an_unknown_address_look_the_same(amir: User) -> None:
    assert try_password(amir.email) == try_password(NOBODY)


def test_and_the_same_to_a_script_that_asks_for_json(amir: User) -> None:
    known = try_password(amir.email, HTTP_ACCEPT="application/json")
    assert known[0] == 400
    assert known == try_password(NOBODY, HTTP_ACCEPT="application/json")


def test_the_right_one_looks_different(amir: User) -> None:
    """So that the comparison above can fail."""
    assert try_password(amir.email, PASSWORD) != try_password(NOBODY, PASSWORD)


def test_a_login_that_is_switched_off_looks_unknown_even_with_its_password(off: User) -> None:
    assert try_password(off.email, PASSWORD) == try_password(NOBODY, PASSWORD)


def test_a_login_without_a_password_looks_unknown_too(amir: User) -> None:
    User.objects.create_user("new@acme.example")
    assert try_password("new@acme.example") == try_password(NOBODY)


def test_being_locked_out_looks_the_same(amir: User) -> None:
    for _ in range(5):
        try_password(amir.email)
        try_password(NOBODY)
    known, unknown = try_password(amir.email, PASSWORD), try_password(NOBODY, PASSWORD)
    assert "Too many tries" in str(known[1])
    assert known == unknown


@pytest.mark.parametrize("which", ["amir@acme.example", "off@acme.example", NOBODY])
def test_every_try_costs_one_hash(off: User, hashed: list[str], which: str) -> None:
    try_password(which)
    assert hashed == ["wrong"]


def test_a_try_that_is_locked_out_costs_none(amir: User, hashed: list[str]) -> None:
    for _ in range(5):
        try_password(amir.email)
    hashed.clear()
    try_password(amir.email, PASSWORD)
    assert hashed == []


def test_every_try_takes_the_same_statements(off: User) -> None:
    known = work(try_password, "amir@acme.example")
    assert known == work(try_password, NOBODY) == work(try_password, off.email)
    assert len(known) == 1


# ---- asking for a link


def test_asking_for_a_link_looks_the_same(off: User, amir: User) -> None:
    known = ask_for_link(amir.email)
    assert known == ask_for_link(NOBODY) == ask_for_link(off.email)


def test_asking_too_often_looks_the_same(amir: User) -> None:
    for _ in range(3):
        ask_for_link(amir.email)
        ask_for_link(NOBODY)
    known = ask_for_link(amir.email)
    assert known[0] == 429
    assert known == ask_for_link(NOBODY)


def test_the_answer_does_not_even_look_for_a_login(
    amir: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[Callable[[], None]] = []
    monkeypatch.setattr(forms, "later", jobs.append)
    assert work(ask_for_link, amir.email) == work(ask_for_link, NOBODY) == []
    assert mail.outbox == []
    for job in jobs:
        job()
    assert [message.to for message in mail.outbox] == [[amir.email]]


def test_only_a_login_that_may_be_used_gets_a_mail(off: User, amir: User) -> None:
    for email in (NOBODY, off.email):
        ask_for_link(email)
    assert mail.outbox == []
    ask_for_link(amir.email)
    assert len(mail.outbox) == 1


@pytest.mark.parametrize("page", ["x-y", "a" * 32 + "-abc-def", "0-set-password"])
def test_a_link_that_never_was_looks_like_one_that_is_too_old(amir: User, page: str) -> None:
    stranger = Client().get(f"{RESET}key/{page}/")
    known = Client().get(f"{RESET}key/{amir.pk.hex}-abc-def/")
    assert "no longer works" in known.content.decode()
    assert seen(known, "") == seen(stranger, "")


# ---- addresses that are not the login's own


@pytest.fixture
def old_address(amir: User) -> str:
    """An address that the sign-in package remembers from before the login got another."""
    EmailAddress.objects.create(user=amir, email="amir.old@acme.example", verified=True)
    return "amir.old@acme.example"


def test_an_address_that_a_login_had_once_does_not_open_it(
    client: Client, amir: User, old_address: str
) -> None:
    sign_in(client, old_address)
    assert not is_in(client)
    sign_in(client, amir.email)
    assert is_in(client)


def test_nor_does_it_get_its_links(amir: User, old_address: str) -> None:
    ask_for_link(old_address)
    assert mail.outbox == []


def test_nor_hear_of_its_passwords(
    amir: User, old_address: str, django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        amir.set_password(ANOTHER)
        amir.save()
    assert [message.to for message in mail.outbox] == [[amir.email]]
