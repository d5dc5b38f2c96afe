"""Dangerous steps ask for the password once more; what was sent too late is not done."""

from __future__ import annotations

import pytest
from django.test import Client

from compliance.people.again import NOTHING_DONE
from compliance.people.models import User
from compliance.people.roles import StaffRole, roles_of
from tests.compliance.people.visitors import later, prove, sign_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(amir: User) -> str:
    """A dangerous page: the roles of somebody."""
    return f"/admin/compliance/user/{amir.pk}/roles/"


def made_officer(amir: User) -> bool:
    return roles_of(User.objects.get(pk=amir.pk)) == {StaffRole.OFFICER}


def test_right_after_signing_in_it_is_done(
    client: Client, olga: User, amir: User, page: str
) -> None:
    sign_in(client, olga.email)
    client.post(page, {"roles": ["officer"]})
    assert made_officer(amir)


def test_after_five_minutes_it_is_not_and_the_way_leads_back_to_the_page(
    client: Client, olga: User, amir: User, page: str
) -> None:
    sign_in(client, olga.email)
    later(client)
    answer = client.post(page, {"roles": ["officer"]})
    assert answer["Location"] == f"/accounts/reauthenticate/?next={page}"
    assert NOTHING_DONE in client.get(answer["Location"]).content.decode()
    assert not made_officer(amir)
    assert "officer" not in str(dict(client.session))


def test_to_look_at_the_page_nothing_is_asked(client: Client, olga: User, page: str) -> None:
    sign_in(client, olga.email)
    later(client)
    assert client.get(page).status_code == 200


def test_giving_the_password_does_nothing_by_itself_and_the_button_then_works(
    client: Client, olga: User, amir: User, page: str
) -> None:
    sign_in(client, olga.email)
    later(client)
    client.post(page, {"roles": ["officer"]})
    back = client.post(f"/accounts/reauthenticate/?next={page}", {"password": "wrong"})
    assert back.status_code == 200
    prove(client)
    assert not made_officer(amir)
    client.post(page, {"roles": ["officer"]})
    assert made_officer(amir)


def test_a_session_that_gave_nothing_at_all_is_not_fresh(
    client: Client, olga: User, amir: User, page: str
) -> None:
    client.force_login(olga)
    assert client.post(page, {"roles": ["officer"]}).status_code == 302
    assert not made_officer(amir)


def test_what_another_login_gave_in_the_same_browser_does_not_count(
    client: Client, olga: User, amir: User, page: str
) -> None:
    sign_in(client, amir.email)
    session = client.session
    records = session["account_authentication_methods"]
    client.force_login(olga)
    session = client.session
    session["account_authentication_methods"] = records
    session["account_authentication_methods_user"] = str(amir.pk)
    session.save()
    assert client.post(page, {"roles": ["officer"]}).status_code == 302
    assert not made_officer(amir)


def test_a_time_to_come_is_not_believed(client: Client, olga: User, amir: User, page: str) -> None:
    sign_in(client, olga.email)
    later(client, minutes=-60)
    client.post(page, {"roles": ["officer"]})
    assert not made_officer(amir)


def test_another_persons_password_is_set_after_ones_own_was_given(
    client: Client, olga: User, amir: User
) -> None:
    sign_in(client, olga.email)
    later(client)
    form = {"password1": "four-otters-plan", "password2": "four-otters-plan"}
    answer = client.post(
        f"/admin/compliance/user/{amir.pk}/password/", {**form, "usable_password": "true"}
    )
    assert answer["Location"].startswith("/accounts/reauthenticate/")
    assert not User.objects.get(pk=amir.pk).password_is_initial
