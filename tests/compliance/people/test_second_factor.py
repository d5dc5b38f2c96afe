"""An authenticator app beside the password: asked for, used once, never got around."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client
from time_machine import travel

from compliance.people.models import User
from tests.compliance.people.visitors import (
    ANOTHER,
    RESET,
    is_in,
    link_in_mail,
    prove,
    set_by_link,
    sign_in,
    thief,
)

pytestmark = pytest.mark.django_db
FACTORS, APP = "/accounts/2fa/", "/accounts/2fa/totp/"
ASKED, AGAIN = f"{FACTORS}authenticate/", f"{FACTORS}reauthenticate/"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
START = datetime(2026, 11, 22, 9, tzinfo=UTC)
STEP = timedelta(seconds=30)


def code(at: datetime, secret: str = SECRET) -> str:
    return str(format_hotp_value(hotp_value(secret, int(at.timestamp()) // 30)))


@pytest.fixture
def amir(amir: User) -> User:
    """With an app."""
    TOTP.activate(amir, SECRET)
    return amir


@pytest.fixture
def half_in(client: Client, amir: User) -> Client:
    """The password was right; the code is asked for."""
    with travel(START, tick=False):
        assert sign_in(client, amir.email)["Location"] == ASKED
    return client


def give_code(client: Client, at: datetime, given: str, to: str = ASKED) -> bool:
    with travel(at, tick=False):
        client.post(to, {"code": given})
        return is_in(client)


def test_the_password_alone_opens_nothing(half_in: Client) -> None:
    with travel(START, tick=False):
        assert not is_in(half_in)


def test_with_the_code_of_this_half_minute_it_does(half_in: Client) -> None:
    assert give_code(half_in, START, code(START))


@pytest.mark.parametrize("step", [-STEP, STEP])
def test_a_code_of_another_half_minute_is_refused(half_in: Client, step: timedelta) -> None:
    assert not give_code(half_in, START, code(START + step))


def test_a_code_works_once(half_in: Client, other: Client, amir: User) -> None:
    assert give_code(half_in, START, code(START))
    with travel(START, tick=False):
        sign_in(other, amir.email)
    assert not give_code(other, START, code(START))
    later = START + STEP
    assert give_code(other, later, code(later))


@pytest.mark.parametrize(("minutes", "opens"), [(14, True), (16, False)])
def test_it_is_waited_for_a_quarter_of_an_hour(half_in: Client, minutes: int, opens: bool) -> None:
    then = START + timedelta(minutes=minutes)
    assert give_code(half_in, then, code(then)) is opens


def test_whoever_saw_the_token_before_the_code_has_nothing(half_in: Client) -> None:
    seen = thief(half_in)
    assert give_code(half_in, START, code(START))
    with travel(START, tick=False):
        assert not is_in(seen)


def test_a_recovery_code_opens_once_in_place_of_the_app(
    half_in: Client, other: Client, amir: User
) -> None:
    first, second, *_ = RecoveryCodes.activate(amir).generate_codes()
    assert give_code(half_in, START, first)
    with travel(START, tick=False):
        sign_in(other, amir.email)
    assert not give_code(other, START, first)
    assert give_code(other, START, second)


def test_a_link_by_mail_does_not_get_past_it(client: Client, amir: User) -> None:
    client.post(RESET, {"email": amir.email})
    set_by_link(client, link_in_mail())
    assert not is_in(client)
    assert sign_in(client, amir.email, ANOTHER)["Location"] == ASKED


def test_the_code_once_more_gives_another_token(half_in: Client) -> None:
    give_code(half_in, START, code(START))
    seen = thief(half_in)
    later = START + STEP
    assert give_code(half_in, later, code(later), to=AGAIN)
    with travel(later, tick=False):
        assert not is_in(seen)


def test_guessing_codes_ends(half_in: Client) -> None:
    wrong = "000000" if code(START) != "000000" else "000001"
    for _ in range(6):
        give_code(half_in, START, wrong)
    assert not give_code(half_in, START, code(START))


# ---- to change it


def test_adding_one_takes_the_password_and_ends_other_sessions(
    client: Client, other: Client, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Told after the commit: a test's transaction has none.
    monkeypatch.setattr("django.db.transaction.on_commit", lambda job, **_: job())
    with travel(START, tick=False):
        sign_in(client, olga.email)
        sign_in(other, olga.email)
    with travel(START + timedelta(minutes=6), tick=False):
        assert "reauthenticate" in client.get(f"{APP}activate/")["Location"]
        prove(client)
        page = client.get(f"{APP}activate/").content.decode()
        (secret,) = re.findall(r"\b[A-Z2-7]{32}\b", page)[:1]
        client.post(f"{APP}activate/", {"code": code(START + timedelta(minutes=6), secret)})
        assert Authenticator.objects.filter(user=olga, type="totp").exists()
        assert is_in(client)
        assert not is_in(other)


def test_removing_it_takes_a_proof_too(half_in: Client, amir: User) -> None:
    give_code(half_in, START, code(START))
    later = START + timedelta(minutes=10)
    with travel(later, tick=False):
        assert "reauthenticate" in half_in.post(f"{APP}deactivate/")["Location"]
        assert Authenticator.objects.filter(user=amir).exists()
        prove(half_in)
        half_in.post(f"{APP}deactivate/")
        assert not Authenticator.objects.filter(user=amir).exists()
