"""Rights are read at each request; a role or a right that is given or taken ends sessions."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Group, Permission
from django.db import connection
from django.test import Client
from time_machine import travel

from compliance.people.models import Session, User
from compliance.people.roles import StaffRole, give
from tests.cast import PASSWORD
from tests.compliance.people.visitors import is_in, sign_in

pytestmark = pytest.mark.django_db
START = datetime(2026, 11, 22, 9, tzinfo=UTC)
CUSTOMERS = "/admin/compliance/customer/"


def right(name: str) -> Permission:
    return Permission.objects.get(codename=name)


def sql(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def in_after(client: Client, minutes: int) -> bool:
    with travel(START + timedelta(minutes=minutes), tick=False):
        return is_in(client)


@pytest.fixture
def officer(db: None) -> User:
    user = User.objects.create_user("officer@sandglass.example", PASSWORD)
    give(user, StaffRole.OFFICER)
    return user


# ---- read at each request


def test_a_right_that_a_role_loses_is_gone_at_the_next_request(
    client: Client, officer: User
) -> None:
    sign_in(client, officer.email)
    assert client.get(CUSTOMERS).status_code == 200
    Group.objects.get(name="officer").permissions.remove(
        right("view_customer"), right("change_customer")
    )
    assert client.get(CUSTOMERS).status_code == 403
    assert is_in(client)


def test_and_one_that_it_gets_is_there(client: Client, officer: User) -> None:
    sign_in(client, officer.email)
    assert client.get("/admin/compliance/user/add/").status_code == 403
    Group.objects.get(name="officer").permissions.add(right("add_user"), right("change_user"))
    assert client.get("/admin/compliance/user/add/").status_code == 200


# ---- given or taken: the sessions end


@pytest.mark.parametrize("role", StaffRole)
def test_getting_a_role_ends_every_session(
    client: Client, other: Client, amir: User, role: StaffRole
) -> None:
    sign_in(client, amir.email)
    sign_in(other, amir.email)
    give(amir, role)
    assert not is_in(client)
    assert not is_in(other)


@pytest.mark.parametrize("role", StaffRole)
def test_losing_it_ends_them_too(client: Client, amir: User, role: StaffRole) -> None:
    give(amir, role)
    sign_in(client, amir.email)
    amir.groups.clear()
    assert not is_in(client)


def test_a_role_for_another_one_ends_them_by_hand_too(client: Client, officer: User) -> None:
    sign_in(client, officer.email)
    auditor = Group.objects.get(name="auditor").pk
    sql("UPDATE compliance_user_groups SET group_id = %s WHERE user_id = %s", auditor, officer.pk)
    assert not is_in(client)


def test_so_does_a_role_that_is_removed_as_a_whole(client: Client, officer: User) -> None:
    sign_in(client, officer.email)
    Group.objects.get(name="officer").delete()
    assert not is_in(client)


def test_so_does_a_right_of_ones_own_given_or_taken(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    amir.user_permissions.add(right("view_customer"))
    assert not is_in(client)
    sign_in(client, amir.email)
    amir.user_permissions.clear()
    assert not is_in(client)


def test_a_role_that_was_there_already_ends_nothing(client: Client, officer: User) -> None:
    sign_in(client, officer.email)
    give(officer, StaffRole.OFFICER)
    assert is_in(client)


def test_one_persons_role_leaves_others_alone(client: Client, amir: User, officer: User) -> None:
    sign_in(client, officer.email)
    give(amir, StaffRole.SUPPORT)
    assert is_in(client)
    assert Session.objects.filter(user=officer).count() == 1


# ---- so that nobody keeps limits that are not theirs


def test_whoever_became_support_is_held_to_the_short_limits(client: Client, amir: User) -> None:
    with travel(START, tick=False):
        sign_in(client, amir.email)
        give(amir, StaffRole.SUPPORT)
        sign_in(client, amir.email)
    assert in_after(client, 14)
    assert not in_after(client, 14 + 15)


def test_whoever_is_no_longer_support_gets_a_members_limits(client: Client, amir: User) -> None:
    give(amir, StaffRole.SUPPORT)
    with travel(START, tick=False):
        sign_in(client, amir.email)
        amir.groups.clear()
        sign_in(client, amir.email)
    assert in_after(client, 59)


def test_a_right_of_ones_own_brings_the_short_limits_too(client: Client, amir: User) -> None:
    amir.user_permissions.add(right("view_customer"))
    with travel(START, tick=False):
        sign_in(client, amir.email)
    assert not in_after(client, 15)
