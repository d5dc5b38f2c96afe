"""Contacts get in by a code that was mailed to them, and nobody else does."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core import mail
from django.db import IntegrityError, connection, transaction
from django.test import Client

from compliance.customers.contacts import add_contact, end_contact
from compliance.customers.models import Contact
from compliance.people.models import MailCode, Session, User
from compliance.people.tasks import tidy
from retention.actor import SYSTEM
from retention.clock import host_now
from tests.cast import PASSWORD, SINCE, Cast
from tests.compliance.people.test_enumeration import seen, work
from tests.compliance.portal.doors import (
    CODE,
    HOME,
    LENA,
    NOBODY,
    OUT,
    SIGN_IN,
    ask,
    by_code,
    enter,
    is_in,
    mailed,
    member,
    other,
)


def test_a_contact_signs_in_with_the_code_in_its_mail(client: Client, lena: Contact) -> None:
    assert ask(client)["Location"] == CODE
    assert mail.outbox[-1].to == [LENA]
    assert "no-store" in client.get(CODE)["Cache-Control"]
    answer = enter(client, mailed())
    assert answer["Location"] == HOME
    page = client.get(HOME)
    assert "Acme" in page.content.decode()
    assert "no-store" in page["Cache-Control"]


def test_it_goes_on_to_the_page_that_was_wanted_and_to_no_other_place(
    client: Client, lena: Contact
) -> None:
    wanted = client.get("/portal/policy/")["Location"]
    assert wanted == f"{SIGN_IN}?next=/portal/policy/"
    for there, then in (
        ("/portal/policy/", "/portal/policy/"),
        ("https://evil.example/portal/", HOME),
        ("/admin/", HOME),
    ):
        browser = Client()
        browser.post(SIGN_IN, {"email": LENA, "next": there})
        assert enter(browser, mailed())["Location"] == then


def test_a_code_is_typed_with_or_without_its_gap(client: Client, lena: Contact) -> None:
    ask(client)
    assert enter(client, mailed().replace(" ", "")).status_code == 302


def test_only_a_hash_of_the_code_is_kept(client: Client, lena: Contact) -> None:
    ask(client)
    (row,) = MailCode.objects.values()
    assert mailed().replace(" ", "") not in str(row)
    assert mailed() not in str(Session.objects.values())


@pytest.mark.parametrize("email", [NOBODY, "amir@acme.example", "olga@sandglass.example"])
def test_no_code_goes_to_whoever_is_no_contact(client: Client, cast: Cast, email: str) -> None:
    ask(client, email)
    assert "Your code" not in "".join(str(one.body) for one in mail.outbox)


def test_whoever_has_a_login_is_told_to_use_it(client: Client, cast: Cast) -> None:
    """A code would get past the password and the second factor."""
    email = cast.amir.email
    add_contact(cast.acme.customer, name="Amir", email=email, role="legal", by=SYSTEM, now=SINCE)
    ask(client, email)
    (sent,) = mail.outbox
    assert "with your password" in sent.subject
    assert "Your code" not in str(sent.body)


# ---- finding out who is a contact


def test_asking_looks_the_same_for_every_address(lena: Contact) -> None:
    known, unknown = (seen(ask(Client(), email), email) for email in (LENA, NOBODY))
    assert _without_tokens(known) == _without_tokens(unknown)


def test_and_takes_the_same_work_before_the_answer(
    lena: Contact, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs: list[object] = []
    monkeypatch.setattr("compliance.people.guests.later", jobs.append)
    works = [work(lambda email: ask(Client(), email), email) for email in (LENA, NOBODY)]
    assert works[0] == works[1]
    assert len(jobs) == 2


def test_typing_a_wrong_code_looks_the_same_and_takes_the_same_work(lena: Contact) -> None:
    answers, works = [], []
    for email in (LENA, NOBODY):
        browser = Client()
        ask(browser, email)
        works.append(work(lambda _, it=browser: enter(it, "00000000"), email))  # type: ignore[misc]
        answers.append(_without_tokens(seen(enter(browser, "00000000"), email)))
    assert works[0] == works[1]
    assert answers[0] == answers[1]


def test_asking_too_often_looks_the_same(lena: Contact) -> None:
    answers = []
    for email in (LENA, NOBODY):
        for _ in range(4):
            last = ask(Client(), email)
        answers.append(_without_tokens(seen(last, email)))
    assert answers[0][0] == 429
    assert answers[0] == answers[1]


def _without_tokens(found: tuple[Any, ...]) -> tuple[Any, ...]:
    status, text, headers, cookies = found
    for cookie in cookies.values():
        cookie.pop("value", None)
    return status, text, headers, sorted(cookies)


# ---- guessing and stealing


def test_a_code_holds_for_three_tries(client: Client, lena: Contact) -> None:
    ask(client)
    code = mailed()
    for _ in range(3):
        assert "not right" in enter(client, other(code)).content.decode()
    assert enter(client, code).status_code == 200
    assert not is_in(client)


def test_the_third_try_may_be_right(client: Client, lena: Contact) -> None:
    ask(client)
    code = mailed()
    for _ in range(2):
        enter(client, other(code))
    assert enter(client, code).status_code == 302


def test_a_code_opens_once(client: Client, lena: Contact) -> None:
    ask(client)
    code = mailed()
    copy = Client()
    copy.cookies["sessionid"] = client.cookies["sessionid"].value
    enter(client, code)
    assert enter(copy, code).status_code == 302
    assert not is_in(copy)
    assert is_in(client)


def test_a_code_holds_for_ten_minutes(client: Client, lena: Contact) -> None:
    ask(client)
    code = mailed()
    with time_machine.travel(host_now() + timedelta(minutes=10, seconds=1)):
        assert enter(client, code).status_code == 200
        tidy()
    assert not MailCode.objects.exists()


def test_a_newer_code_voids_the_one_before(client: Client, lena: Contact) -> None:
    ask(client)
    first = mailed()
    again = Client()
    ask(again)
    assert enter(client, first).status_code == 200
    assert enter(again, mailed()).status_code == 302


def test_a_code_opens_nothing_in_another_browser(client: Client, lena: Contact) -> None:
    ask(client)
    code = mailed()
    thief = Client()
    assert enter(thief, code)["Location"] == SIGN_IN
    ask(thief, NOBODY)
    assert enter(thief, code).status_code == 200
    assert not is_in(thief)


def test_one_network_types_twenty_codes_a_minute(lena: Contact) -> None:
    statuses = []
    for number in range(7):
        browser = Client()
        ask(browser, f"one{number}@acme.example")
        statuses += [enter(browser, "11111111").status_code for _ in range(3)]
    assert statuses == [200] * 20 + [429]


def test_a_browser_that_was_in_before_is_counted_apart(client: Client, lena: Contact) -> None:
    by_code(client)
    client.post(OUT)
    for _ in range(4):
        last = ask(Client())
    assert last.status_code == 429
    assert ask(client).status_code == 302


def test_the_forms_refuse_posts_from_other_sites(lena: Contact) -> None:
    strict = Client(enforce_csrf_checks=True)
    for path in (SIGN_IN, CODE, OUT):
        assert strict.post(path, {"email": LENA, "code": "11111111"}).status_code == 403


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE compliance_mailcode SET tries = 4",
        "UPDATE compliance_mailcode SET code_hash = '12345678'",
        "INSERT INTO compliance_mailcode SELECT gen_random_uuid(), email, code_hash, made_at,"
        " ends_at, 0, NULL FROM compliance_mailcode",
    ],
)
def test_the_database_refuses_a_fourth_try_a_plain_code_and_a_second_one(
    client: Client, lena: Contact, statement: str
) -> None:
    ask(client)
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


# ---- sessions


def test_signing_in_begins_a_session_under_another_token(client: Client, lena: Contact) -> None:
    ask(client)
    before = client.cookies["sessionid"].value
    enter(client, mailed())
    assert client.cookies["sessionid"].value != before
    planted = Client()
    planted.cookies["sessionid"] = before
    assert not is_in(planted)


def test_whoever_was_signed_in_before_is_out(lena: Contact, cast: Cast) -> None:
    browser = member(cast.vera)
    assert browser.get("/accounts/password/change/").status_code == 200
    by_code(browser)
    assert is_in(browser)
    assert browser.get("/accounts/password/change/").status_code == 302


def test_and_a_guest_who_signs_in_with_a_password_is_no_guest_any_more(
    guest: Client, cast: Cast
) -> None:
    guest.post("/accounts/login/", {"login": cast.vera.email, "password": PASSWORD})
    assert "guest_address" not in guest.session
    assert "vera@acme.example" in guest.get(HOME).content.decode()


@pytest.mark.parametrize(("later", "there"), [({"minutes": 14}, True), ({"minutes": 16}, False)])
def test_a_session_ends_after_fifteen_minutes_without_use(
    guest: Client, later: dict[str, float], there: bool
) -> None:
    with time_machine.travel(host_now() + timedelta(**later)):
        assert is_in(guest) is there


def test_and_after_eight_hours_however_much_it_is_used(guest: Client) -> None:
    start = host_now()
    for minutes in range(0, 8 * 60, 10):
        with time_machine.travel(start + timedelta(minutes=minutes)):
            assert is_in(guest), minutes
    with time_machine.travel(start + timedelta(hours=8, seconds=1)):
        assert not is_in(guest)


def test_a_contact_that_is_ended_is_out_at_the_next_click(guest: Client, lena: Contact) -> None:
    assert is_in(guest)
    end_contact(lena, by=SYSTEM, now=SINCE)
    answer = guest.get(HOME, follow=True)
    assert "no longer among the contacts" in answer.content.decode()
    assert "guest_address" not in guest.session


def test_signing_out_ends_it_on_the_server(guest: Client) -> None:
    copy = Client()
    copy.cookies["sessionid"] = guest.cookies["sessionid"].value
    assert is_in(copy)
    answer = guest.post(OUT)
    assert answer["Clear-Site-Data"] == '"cache", "storage"'
    assert not is_in(copy)


# ---- who is there


def test_a_member_signs_in_with_the_password(client: Client, cast: Cast) -> None:
    login = {"login": cast.amir.email, "password": PASSWORD}
    answer = client.post(f"/accounts/login/?next={HOME}", login)
    assert answer["Location"] == HOME
    assert "Acme" in client.get(HOME).content.decode()


def test_staff_do_not_get_in_even_as_a_member(cast: Cast) -> None:
    from compliance.people.models import Member

    assert member(cast.olga).get(HOME).status_code == 403
    Member.objects.create(user=cast.olga, customer=cast.acme.customer, role="admin")
    answer = member(cast.olga).get(HOME)
    assert answer.status_code == 403
    assert "for customers" in answer.content.decode()


def test_a_login_of_no_customer_is_told_so(cast: Cast) -> None:
    nobody = User.objects.create_user("free@acme.example", PASSWORD)
    answer = member(nobody).get(HOME)
    assert answer.status_code == 403
    assert "no customer" in answer.content.decode()


def test_a_contact_of_several_customers_chooses_one(lena: Contact, cast: Cast) -> None:
    for_both = cast.borealis.customer
    add_contact(for_both, name="Lena", email=LENA, role="legal", by=SYSTEM, now=SINCE)
    browser = Client()
    by_code(browser)
    assert browser.get("/portal/policy/")["Location"] == "/portal/choose/?next=/portal/policy/"
    chosen = {"customer": str(for_both.pk), "next": "/portal/policy/"}
    assert browser.post("/portal/choose/", chosen)["Location"] == "/portal/policy/"
    page = browser.get(HOME).content.decode()
    assert "Borealis" in page
    assert "Acme" not in page


@pytest.mark.parametrize("wanted", ["", "x", "cygnus"])
def test_and_none_that_is_not_theirs(lena: Contact, cast: Cast, wanted: str) -> None:
    add_contact(cast.borealis.customer, name="L", email=LENA, role="legal", by=SYSTEM, now=SINCE)
    browser = Client()
    by_code(browser)
    customer = str(cast.cygnus.id) if wanted == "cygnus" else wanted
    assert browser.post("/portal/choose/", {"customer": customer}).status_code == 200
    assert browser.get(HOME).status_code == 302
