"""Staff sign in with two factors: led to set one up, asked for it, helped when it is lost."""

from __future__ import annotations

import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.core import mail
from django.core.management import CommandError, call_command
from django.test import Client

from compliance.people import factors
from compliance.people.errors import NoSecondFactor, NotOneself
from compliance.people.models import Session, User
from compliance.people.roles import StaffRole, give
from retention.actor import SYSTEM, Actor
from retention.clock import host_now
from retention.ledger.models import Entry
from tests.cast import PASSWORD
from tests.compliance.people.visitors import (
    ANOTHER,
    APP,
    CODE,
    CODES,
    LOGOUT,
    SECOND,
    code,
    is_in,
    set_by_link,
    set_up_app,
    sign_in,
)

pytestmark = pytest.mark.django_db
PAGES = ("/", "/admin/", "/admin/compliance/customer/", "/api/docs/", "/accounts/sessions/")


@pytest.fixture(autouse=True)
def _as_it_is_in_earnest(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MFA_REQUIRED = True
    # What waits for the commit is done at once: a test's transaction never commits.
    monkeypatch.setattr("django.db.transaction.on_commit", lambda job, **_: job())


@pytest.fixture
def ida(db: None) -> User:
    """An officer, whose second factor is still missing."""
    ida = User.objects.create_user("ida@sandglass.example", PASSWORD)
    give(ida, StaffRole.OFFICER)
    return ida


def codes(client: Client) -> list[str]:
    return re.findall(r"<li>(\d{8})</li>", client.get(CODES).content.decode())


# ---- set up before anything else


@pytest.mark.parametrize("page", PAGES)
def test_staff_without_one_get_no_page_but_the_one_that_sets_it_up(
    client: Client, ida: User, page: str
) -> None:
    sign_in(client, ida.email)
    for answer in (client.get(page), client.post(page, {"a": "b"})):
        assert (answer.status_code, answer["Location"]) == (302, SECOND)
    assert "no other page opens before" in client.get(SECOND).content.decode()


@pytest.mark.parametrize("role", StaffRole)
def test_every_role_is_staff_in_this(client: Client, role: StaffRole) -> None:
    user = User.objects.create_user("new@sandglass.example", PASSWORD)
    give(user, role)
    sign_in(client, user.email)
    assert client.get("/accounts/sessions/")["Location"] == SECOND


def test_a_superuser_is_too(client: Client, olga: User) -> None:
    sign_in(client, olga.email)
    assert client.get("/admin/")["Location"] == SECOND


def test_customers_people_are_not_made_to(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    assert is_in(client)
    assert "no other page" not in client.get(SECOND).content.decode()


def test_one_can_leave_without_setting_it_up(client: Client, ida: User) -> None:
    sign_in(client, ida.email)
    assert client.post(LOGOUT).status_code == 302
    assert client.get("/admin/")["Location"] == "/admin/login/?next=/admin/"


def test_recovery_codes_by_themselves_are_no_second_factor(client: Client, ida: User) -> None:
    Authenticator.objects.create(user=ida, type="recovery_codes", data={})
    sign_in(client, ida.email)
    assert client.get("/admin/")["Location"] == SECOND


def test_once_it_is_set_up_everything_opens_where_one_wanted_to_go(
    client: Client, ida: User
) -> None:
    sign_in(client, ida.email)
    client.get("/admin/compliance/customer/?q=acme")
    set_up_app(client)
    page = client.get(CODES).content.decode()
    assert 'href="/admin/compliance/customer/?q=acme"' in page
    assert client.get("/admin/compliance/customer/").status_code == 200


def test_the_codes_are_shown_once(client: Client, ida: User) -> None:
    sign_in(client, ida.email)
    set_up_app(client)
    assert len(codes(client)) == 10
    assert codes(client) == []
    assert client.get(f"{CODES}download/").status_code == 403


def test_a_wrong_code_sets_nothing_up(client: Client, ida: User) -> None:
    sign_in(client, ida.email)
    client.get(APP)
    assert "Incorrect code" in client.post(APP, {"code": "000000"}).content.decode()
    assert not factors.has_factor(ida)


def test_setting_one_up_is_told_once_and_ends_the_others_sessions(
    client: Client, other: Client, ida: User
) -> None:
    for browser in (other, client):
        sign_in(browser, ida.email)
    set_up_app(client)
    assert [message.to for message in mail.outbox] == [[ida.email]]
    assert other.get(SECOND).status_code == 302
    assert client.get("/admin/").status_code == 200


def test_the_administrator_that_is_made_at_the_start_sets_one_up_at_the_first_sign_in(
    client: Client,
) -> None:
    from compliance.devup.prepare import ADMINISTRATOR, make_administrator

    answer = sign_in(client, ADMINISTRATOR, str(make_administrator()))
    set_by_link(client, answer["Location"])
    sign_in(client, ADMINISTRATOR, ANOTHER)
    assert client.get("/admin/")["Location"] == SECOND
    set_up_app(client)
    assert client.get("/admin/").status_code == 200


# ---- asked for at sign-in


@pytest.fixture
def secret(ida: User) -> str:
    """Ida has an authenticator app."""
    client = Client()
    sign_in(client, ida.email)
    return set_up_app(client)


def test_the_password_alone_lets_nobody_in(client: Client, ida: User, secret: str) -> None:
    assert sign_in(client, ida.email)["Location"] == CODE
    assert not is_in(client)
    client.post(CODE, {"code": "000000"})
    assert not is_in(client)


def test_password_and_code_do(client: Client, ida: User, secret: str) -> None:
    sign_in(client, ida.email)
    client.post(CODE, {"code": code(secret)})
    assert client.get("/admin/").status_code == 200


def test_a_recovery_code_works_once(client: Client, other: Client, ida: User) -> None:
    sign_in(client, ida.email)
    set_up_app(client)
    first = codes(client)[0]
    for browser, expected in ((other, True), (Client(), False)):
        sign_in(browser, ida.email)
        browser.post(CODE, {"code": first})
        assert is_in(browser) == expected


def test_codes_are_not_guessed_for_ever(client: Client, ida: User, secret: str) -> None:
    sign_in(client, ida.email)
    for _ in range(5):
        client.post(CODE, {"code": "000000"})
    answer = client.post(CODE, {"code": code(secret)})
    assert "Too many tries" in answer.content.decode()
    assert not is_in(client)


def test_without_the_setting_a_password_is_enough_and_the_pages_say_so(
    client: Client, ida: User, settings: Any
) -> None:
    settings.MFA_REQUIRED = False
    assert "need no second factor here" in client.get("/accounts/login/").content.decode()
    sign_in(client, ida.email)
    assert client.get("/admin/").status_code == 200
    assert "Nobody is made to" in client.get(SECOND).content.decode()


def test_with_the_setting_they_do_not(client: Client, ida: User) -> None:
    assert "no second factor here" not in client.get("/accounts/login/").content.decode()


def test_one_that_is_set_up_is_asked_for_whatever_the_setting_says(
    client: Client, ida: User, secret: str, settings: Any
) -> None:
    settings.MFA_REQUIRED = False
    assert sign_in(client, ida.email)["Location"] == CODE


# ---- lost


def test_an_administrator_takes_lost_ones_away_and_new_ones_are_set_up(
    client: Client, ida: User, olga: User, secret: str
) -> None:
    mail.outbox.clear()
    factors.take_away(ida, by=Actor("user", olga.pk), now=host_now())
    assert not Authenticator.objects.filter(user=ida).exists()
    assert not Session.objects.filter(user=ida).exists()
    assert [message.to for message in mail.outbox] == [[ida.email]]
    entry = Entry.objects.get(kind="people:factors:removed")
    assert entry.facts == {
        "actor": "user", "actor_id": str(olga.pk), "user": str(ida.pk), "totp": 1, "webauthn": 0,
    }  # fmt: skip
    sign_in(client, ida.email)
    assert client.get("/admin/")["Location"] == SECOND


def test_nobody_takes_their_own_away_there_and_nobody_what_is_not_there(
    ida: User, olga: User, secret: str
) -> None:
    with pytest.raises(NotOneself):
        factors.take_away(ida, by=Actor("user", ida.pk), now=host_now())
    with pytest.raises(NoSecondFactor):
        factors.take_away(olga, by=Actor("user", ida.pk), now=host_now())
    assert factors.has_factor(ida)
    assert not Entry.objects.exists()


def test_if_the_log_cannot_be_written_nothing_is_taken(
    ida: User, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise OSError

    monkeypatch.setattr(factors, "append", fails)
    mail.outbox.clear()
    with pytest.raises(OSError):
        factors.take_away(ida, by=SYSTEM, now=host_now())
    assert factors.has_factor(ida)
    assert Session.objects.filter(user=ida).exists()
    assert mail.outbox == []


def test_an_operator_does_it_for_the_last_administrator(ida: User, secret: str) -> None:
    call_command("take_factors", "IDA@sandglass.example")
    assert not factors.has_factor(ida)
    for wrong in (ida.email, "nobody@sandglass.example"):
        with pytest.raises(CommandError):
            call_command("take_factors", wrong)
