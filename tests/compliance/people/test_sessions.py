"""Sessions: when they end, what ends them, and what a stolen cookie is worth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.base import UpdateError
from django.core.management import call_command
from django.db import connection
from django.test import Client
from time_machine import travel

from compliance.people.models import Session, User
from compliance.people.store import SessionStore, fingerprint
from compliance.people.tasks import tidy
from tests.compliance.people.visitors import (
    ANOTHER,
    CHANGE,
    LOGIN,
    LOGOUT,
    change,
    is_in,
    later,
    link_in_mail,
    prove,
    set_by_link,
    sign_in,
    thief,
    token,
)

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def in_after(client: Client, passed: timedelta) -> bool:
    with travel(START + passed, tick=False):
        return is_in(client)


def in_when_used_every(client: Client, step: timedelta, *, until: timedelta) -> bool:
    """Uses the session again and again; True if it lived to the end."""
    passed = timedelta()
    while passed < until:
        passed += step
        if not in_after(client, passed):
            return False
    return True


@pytest.fixture
def staff(client: Client, olga: User) -> Client:
    with travel(START, tick=False):
        sign_in(client, olga.email)
    return client


@pytest.fixture
def member(client: Client, amir: User) -> Client:
    with travel(START, tick=False):
        sign_in(client, amir.email)
    return client


# ---- time


def test_staff_stay_in_for_a_quarter_of_an_hour_without_use(staff: Client) -> None:
    assert in_after(staff, 14 * MINUTE)


def test_and_not_for_longer(staff: Client) -> None:
    assert not in_after(staff, 15 * MINUTE)


def test_members_stay_in_for_an_hour_without_use(member: Client) -> None:
    assert in_after(member, 59 * MINUTE)


def test_and_no_longer(member: Client) -> None:
    assert not in_after(member, 60 * MINUTE)


def test_staff_who_work_on_stay_in_until_eight_hours_are_over(staff: Client) -> None:
    assert in_when_used_every(staff, 14 * MINUTE, until=7 * HOUR + 50 * MINUTE)
    assert not in_after(staff, 8 * HOUR)


def test_members_who_come_by_all_the_time_sign_in_anew_after_fourteen_days(member: Client) -> None:
    Session.objects.update(seen_at=START + 14 * DAY - HOUR, ends_at=START + 14 * DAY - MINUTE)
    assert in_after(member, 14 * DAY - 2 * MINUTE)
    assert not in_after(member, 14 * DAY)


def test_everybody_with_a_staff_role_is_held_to_the_short_limits(
    client: Client, amir: User
) -> None:
    amir.groups.add(Group.objects.get(name="support"))
    with travel(START, tick=False):
        sign_in(client, amir.email)
    assert not in_after(client, 15 * MINUTE)


def test_changing_the_password_does_not_put_off_the_end(staff: Client) -> None:
    with travel(START, tick=False):
        change(staff)
    Session.objects.update(seen_at=START + 8 * HOUR - MINUTE, ends_at=START + 8 * HOUR)
    with travel(START + 8 * HOUR - MINUTE, tick=False):
        prove(staff, ANOTHER)
        assert is_in(staff)
    assert not in_after(staff, 8 * HOUR)


def test_use_is_noted_twice_a_minute_at_most(staff: Client, django_assert_num_queries: Any) -> None:
    with travel(START + timedelta(seconds=29), tick=False), django_assert_num_queries(2):
        staff.get(CHANGE)
    with travel(START + timedelta(seconds=31), tick=False), django_assert_num_queries(3):
        staff.get(CHANGE)


def test_the_cookie_itself_goes_with_the_browser(client: Client, amir: User) -> None:
    cookie = sign_in(client, amir.email).cookies["sessionid"]
    assert cookie["max-age"] == cookie["expires"] == ""
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"


# ---- tokens


def test_signing_in_gives_a_new_token_and_the_old_one_is_worth_nothing(
    client: Client, amir: User
) -> None:
    """Fixation: somebody put their own session into Amir's browser before he signed in."""
    planted = SessionStore()
    planted["seed"] = "evil"
    planted.create()
    client.cookies["sessionid"] = str(planted.session_key)
    evil = thief(client)
    sign_in(client, amir.email)
    assert is_in(client)
    assert token(client) != planted.session_key
    assert not is_in(evil)


def test_a_token_of_ones_own_invention_is_never_taken(client: Client, amir: User) -> None:
    client.cookies["sessionid"] = "a" * 32
    sign_in(client, amir.email)
    assert token(client) != "a" * 32


def test_another_persons_session_is_not_taken_over_by_signing_in(
    client: Client, amir: User, olga: User
) -> None:
    sign_in(client, amir.email)
    amirs = thief(client)
    client.post(LOGOUT)
    sign_in(client, olga.email)
    assert is_in(client)
    assert not is_in(amirs)


def test_proving_oneself_once_more_gives_a_new_token_too(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    before = thief(client)
    prove(client)
    assert is_in(client)
    assert not is_in(before)


def test_a_wrong_password_there_changes_nothing(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    before = token(client)
    prove(client, "wrong")
    assert token(client) == before


def test_the_table_holds_no_token(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    row = Session.objects.get()
    assert row.token_hash == fingerprint(token(client))
    with connection.cursor() as cursor:
        cursor.execute("SELECT compliance_session::text FROM compliance_session")
        assert token(client) not in cursor.fetchone()[0]


def test_the_hash_from_the_table_opens_nothing(client: Client, other: Client, amir: User) -> None:
    sign_in(client, amir.email)
    other.cookies["sessionid"] = Session.objects.get().token_hash
    assert not is_in(other)


def test_the_package_keeps_no_request_while_it_asks_for_the_password(
    client: Client, amir: User
) -> None:
    sign_in(client, amir.email)
    later(client)
    answer = client.post("/accounts/2fa/totp/activate/", {"code": "123456"})
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert "account_reauthentication_state" not in client.session


# ---- what ends them

ENDINGS: dict[str, Callable[[Client, User], object]] = {
    "their own new password": lambda client, _user: change(client),
    "a link from the mail": lambda _client, user: set_by_link(Client(), asked_for(user)),
    "a password set by somebody else": lambda _client, user: set_password(user),
    "a statement by hand": lambda _client, _user: by_hand("password = 'x'"),
    "being switched off": lambda _client, _user: User.objects.update(is_active=False),
    "switched off and on again": lambda _client, _user: off_and_on(),
    "becoming staff": lambda _client, _user: by_hand("is_staff = NOT is_staff"),
    "rights over everything": lambda _client, _user: by_hand("is_superuser = NOT is_superuser"),
    "removal": lambda _client, user: user.delete(),
    "signing out": lambda client, _user: client.post(LOGOUT),
    "an operator": lambda _client, user: call_command("end_sessions", user.email),
    "an operator, for everybody": lambda _client, _user: call_command("end_sessions", "--all"),
}


def asked_for(user: User) -> str:
    Client().post("/accounts/password/reset/", {"email": user.email})
    return link_in_mail()


def set_password(user: User) -> None:
    user.set_password(ANOTHER)
    user.save()


def by_hand(what: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE compliance_user SET {what}")


def off_and_on() -> None:
    User.objects.update(is_active=False)
    User.objects.update(is_active=True)


@pytest.mark.parametrize("how", ENDINGS)
def test_a_stolen_cookie_is_worth_nothing_after(client: Client, amir: User, how: str) -> None:
    sign_in(client, amir.email)
    stolen = thief(client)
    assert is_in(stolen)
    ENDINGS[how](client, amir)
    assert not is_in(stolen)


def test_and_still_opens_everything_when_nothing_happened(client: Client, amir: User) -> None:
    """The other side of the test above: it does not pass because nothing ever works."""
    sign_in(client, amir.email)
    stolen = thief(client)
    User.objects.update(email="amir.new@acme.example")
    assert is_in(stolen)


def test_a_new_password_ends_every_other_browser_and_not_the_one_it_was_set_in(
    client: Client, other: Client, amir: User
) -> None:
    sign_in(client, amir.email)
    sign_in(other, amir.email)
    assert change(client).status_code == 302
    assert is_in(client)
    assert not is_in(other)


def test_one_persons_new_password_leaves_others_alone(
    client: Client, other: Client, amir: User, olga: User
) -> None:
    sign_in(client, amir.email)
    sign_in(other, olga.email)
    change(client)
    assert is_in(other)


def test_a_request_under_way_does_not_bring_an_ended_session_back(
    client: Client, amir: User
) -> None:
    sign_in(client, amir.email)
    under_way = SessionStore(token(client))
    under_way["page"] = 3
    set_password(amir)
    with pytest.raises(UpdateError):
        under_way.save()
    assert not Session.objects.exists()


def test_nothing_but_its_time_is_changed_by_noting_its_use(client: Client, amir: User) -> None:
    """Noting use comes last in a request: it must not undo an end that came in between."""
    with travel(START, tick=False):
        sign_in(client, amir.email)
    store = SessionStore(token(client))
    store.load()
    Session.objects.all().delete()
    store.touch(staff=False, now=START + 5 * MINUTE)
    assert not Session.objects.exists()


def test_signing_out_tells_the_browser_to_forget_its_copies(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    assert "Clear-Site-Data" not in client.get(CHANGE)
    assert '"cache"' in client.post(LOGOUT)["Clear-Site-Data"]
    assert "Clear-Site-Data" not in client.post(LOGOUT)


def test_pages_of_ones_own_are_kept_out_of_caches_and_open_ones_are_not(
    client: Client, amir: User
) -> None:
    assert "no-store" not in client.get("/").get("Cache-Control", "")
    sign_in(client, amir.email)
    for page in ("/", CHANGE):
        assert "no-store" in client.get(page)["Cache-Control"]


def test_signing_in_from_a_page_that_was_kept_is_not_cached_either(client: Client) -> None:
    assert "no-store" in client.get(LOGIN)["Cache-Control"]


def test_what_has_ended_is_removed_and_what_lives_is_not(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    tidy()
    assert is_in(client)
    Session.objects.update(ends_at=START - HOUR)
    tidy()
    assert not Session.objects.exists()


def test_a_session_without_a_time_of_signing_in_has_ended() -> None:
    amir = User.objects.create_user("amir@acme.example", "x")
    store = SessionStore()
    store["_auth_user_id"] = str(amir.pk)
    store.create()
    assert SessionStore(store.session_key).load() == {}
