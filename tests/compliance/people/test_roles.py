"""What each staff role may do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from compliance.people.models import User
from compliance.people.roles import RIGHTS, StaffRole, give, make_groups

pytestmark = pytest.mark.django_db


def newcomer(role: StaffRole) -> User:
    user = User.objects.create_user(f"{role.value}@sandglass.example")
    give(user, role)
    return User.objects.get(pk=user.pk)


@pytest.mark.parametrize("role", StaffRole)
def test_migrate_made_every_role_with_exactly_its_rights(role: StaffRole) -> None:
    held = Permission.objects.filter(group__name=role.value)
    assert set(held.values_list("content_type__app_label", "codename")) == RIGHTS[role]


def test_migrate_takes_back_a_right_that_was_added_by_hand() -> None:
    group = Group.objects.get(name=StaffRole.AUDITOR.value)
    group.permissions.add(Permission.objects.get(codename="change_user"))
    make_groups(using="default")
    assert not group.permissions.filter(codename="change_user").exists()


def test_an_officer_works_on_customers_and_keys_and_looks_at_the_rest() -> None:
    olga = newcomer(StaffRole.OFFICER)
    assert olga.is_staff
    assert olga.has_perms(
        ["compliance.add_customer", "compliance.add_apikey", "retention.view_cell"]
    )
    assert not olga.has_perm("retention.change_cell")


def test_an_auditor_only_looks() -> None:
    auditor = newcomer(StaffRole.AUDITOR)
    assert auditor.is_staff
    assert all(".view_" in right for right in auditor.get_all_permissions())


@pytest.mark.parametrize("role", [StaffRole.SUPPORT, StaffRole.SUPPORT_LEAD])
def test_support_reads_findings_and_nothing_else(role: StaffRole) -> None:
    support = newcomer(role)
    assert support.is_staff
    assert support.get_all_permissions() == {"compliance.view_finding"}


@pytest.mark.parametrize("role", StaffRole)
def test_no_role_edits_logins(role: StaffRole) -> None:
    user = newcomer(role)
    assert not user.has_perm("compliance.change_user")
    assert not user.has_perm("compliance.add_user")
    assert not user.is_superuser
