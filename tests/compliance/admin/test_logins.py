"""Roles and lost second factors, on the pages: administrators only, never for oneself."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client

from compliance.people.models import User
from compliance.people.roles import StaffRole, give, roles_of
from retention.ledger.models import Entry
from tests.cast import PASSWORD
from tests.compliance.people.visitors import sign_in

USERS = "/admin/compliance/user/"


@pytest.fixture
def vera(db: None) -> User:
    """A login with a second factor."""
    vera = User.objects.create_user("vera@sandglass.example", PASSWORD)
    Authenticator.objects.create(user=vera, type="totp", data={"secret": "x"})
    return vera


@pytest.fixture
def ada(db: None, client: Client) -> User:
    """An administrator who has just signed in."""
    ada = User.objects.create_user("ada@sandglass.example", PASSWORD)
    give(ada, StaffRole.ADMINISTRATOR)
    sign_in(client, ada.email)
    return ada


def page(user: User, what: str) -> str:
    return f"{USERS}{user.pk}/{what}/"


def held(user: User) -> set[StaffRole]:
    return roles_of(User.objects.get(pk=user.pk))


def test_an_administrator_gives_roles_and_takes_them(client: Client, ada: User, vera: User) -> None:
    assert page(vera, "roles") in client.get(page(vera, "change")).content.decode()
    answer = client.post(page(vera, "roles"), {"roles": ["officer", "approver"]}, follow=True)
    assert "were changed, and its sessions" in answer.content.decode()
    assert held(vera) == {StaffRole.OFFICER, StaffRole.APPROVER}
    shown = client.get(page(vera, "roles")).content.decode()
    assert shown.count("checked") == 2
    client.post(page(vera, "roles"), {})
    assert held(vera) == set()
    assert Entry.objects.filter(kind="people:roles:changed").count() == 2


def test_what_does_not_go_together_is_said(client: Client, ada: User, vera: User) -> None:
    answer = client.post(page(vera, "roles"), {"roles": ["administrator", "approver"]})
    assert "do not go together" in answer.content.decode()
    assert held(vera) == set()


def test_an_unknown_role_is_refused(client: Client, ada: User, vera: User) -> None:
    answer = client.post(page(vera, "roles"), {"roles": ["king"]})
    assert "king" in answer.content.decode()
    assert held(vera) == set()


def test_nobody_gives_themselves_a_role(client: Client, ada: User) -> None:
    assert "ask another administrator" in client.get(page(ada, "roles")).content.decode()
    answer = client.post(page(ada, "roles"), {"roles": ["administrator", "support"]})
    assert "Nobody gives roles to themselves" in answer.content.decode()
    assert held(ada) == {StaffRole.ADMINISTRATOR}


@pytest.mark.parametrize("role", [role for role in StaffRole if role != StaffRole.ADMINISTRATOR])
@pytest.mark.parametrize("what", ["roles", "factors"])
def test_nobody_else_opens_these_pages(
    staff: Callable[[StaffRole], Client], vera: User, role: StaffRole, what: str
) -> None:
    somebody = staff(role)
    expected = 302 if role == StaffRole.SUPPORT else 403
    assert somebody.get(page(vera, what)).status_code == expected
    assert page(vera, what) not in somebody.get(page(vera, "change")).content.decode()


def test_no_form_makes_a_superuser_or_a_role(client: Client, ada: User, vera: User) -> None:
    form = {
        "email": vera.email, "is_active": "on", "is_superuser": "on", "is_staff": "on",
        "groups": "1", "user_permissions": "1",
    }  # fmt: skip
    assert client.post(page(vera, "change"), form).status_code == 302
    vera.refresh_from_db()
    assert not vera.is_superuser
    assert not vera.is_staff
    assert not vera.groups.exists()


def test_an_administrator_does_not_touch_a_superuser(client: Client, ada: User) -> None:
    root = User.objects.create_superuser("root@sandglass.example", PASSWORD)
    Authenticator.objects.create(user=root, type="totp", data={"secret": "x"})
    for what in ("roles", "factors", "password"):
        assert client.get(page(root, what)).status_code == 403
    assert client.post(page(root, "change"), {"email": "mine@x.example"}).status_code == 403


def test_lost_second_factors_are_taken_away(client: Client, ada: User, vera: User) -> None:
    assert page(vera, "factors") in client.get(page(vera, "change")).content.decode()
    text = client.get(page(vera, "factors")).content.decode()
    assert "Make sure first that it is really the person" in text
    answer = client.post(page(vera, "factors"), follow=True)
    assert "are taken away" in answer.content.decode()
    assert not Authenticator.objects.exists()
    assert page(vera, "factors") not in client.get(page(vera, "change")).content.decode()
    late = client.post(page(vera, "factors"), follow=True)
    assert "has no second factor" in late.content.decode()


def test_ones_own_is_not_taken_there(client: Client, ada: User) -> None:
    Authenticator.objects.create(user=ada, type="totp", data={"secret": "x"})
    client.post(page(ada, "factors"))
    assert Authenticator.objects.filter(user=ada).exists()
