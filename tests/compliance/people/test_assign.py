"""Roles are given by somebody else, end sessions, and stand in the log."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from compliance.people import assign as assign_module
from compliance.people.assign import assign
from compliance.people.errors import NotOneself, RolesDoNotGoTogether, SwitchedOff
from compliance.people.models import User
from compliance.people.roles import StaffRole, roles_of
from retention.actor import Actor
from retention.clock import host_now
from retention.ledger.models import Entry
from tests.compliance.people.visitors import is_in, sign_in

pytestmark = pytest.mark.django_db
OFFICER, APPROVER = StaffRole.OFFICER, StaffRole.APPROVER


def give(user: User, *roles: StaffRole, by: User) -> bool:
    return assign(user, roles, by=Actor("user", by.pk), now=host_now())


def held(user: User) -> set[StaffRole]:
    return roles_of(User.objects.get(pk=user.pk))


def test_exactly_the_roles_that_were_chosen_are_held(amir: User, olga: User) -> None:
    assert give(amir, OFFICER, by=olga)
    assert give(amir, APPROVER, OFFICER, by=olga)
    assert held(amir) == {OFFICER, APPROVER}
    assert User.objects.get(pk=amir.pk).is_staff
    assert give(amir, by=olga)
    assert held(amir) == set()
    assert not User.objects.get(pk=amir.pk).is_staff
    assert [entry.facts["after"] for entry in Entry.objects.order_by("id")] == [
        ["officer"], ["approver", "officer"], [],
    ]  # fmt: skip


def test_all_sessions_of_that_login_end_and_nobody_elses(
    client: Client, other: Client, amir: User, olga: User
) -> None:
    give(amir, OFFICER, by=olga)
    sign_in(client, amir.email)
    sign_in(other, olga.email)
    give(amir, OFFICER, APPROVER, by=olga)
    assert not is_in(client)
    assert is_in(other)


def test_the_same_roles_again_change_nothing(client: Client, amir: User, olga: User) -> None:
    give(amir, OFFICER, by=olga)
    sign_in(client, amir.email)
    assert not give(amir, OFFICER, by=olga)
    assert is_in(client)
    assert Entry.objects.count() == 1


def test_nobody_gives_roles_to_themselves(olga: User) -> None:
    with pytest.raises(NotOneself):
        give(olga, APPROVER, by=olga)
    assert held(olga) == set()


def test_p4_an_administrator_is_never_an_approver_nor_is_a_superuser(
    amir: User, olga: User
) -> None:
    vera = User.objects.create_user("vera@sandglass.example")
    with pytest.raises(RolesDoNotGoTogether):
        give(vera, StaffRole.ADMINISTRATOR, APPROVER, by=olga)
    with pytest.raises(RolesDoNotGoTogether):
        give(olga, APPROVER, by=amir)
    assert held(vera) == held(olga) == set()


def test_a_login_that_is_switched_off_gets_none_but_loses_them(amir: User, olga: User) -> None:
    give(amir, OFFICER, by=olga)
    User.objects.filter(pk=amir.pk).update(is_active=False)
    with pytest.raises(SwitchedOff):
        give(amir, APPROVER, by=olga)
    assert give(amir, by=olga)
    assert held(amir) == set()


def test_if_the_log_cannot_be_written_nothing_changes(
    client: Client, amir: User, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise OSError

    sign_in(client, amir.email)
    monkeypatch.setattr(assign_module, "append", fails)
    with pytest.raises(OSError):
        give(amir, OFFICER, by=olga)
    assert held(amir) == set()
    assert is_in(client)
