"""What each staff role may do."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, Permission

from compliance.people.models import BY_ROLE_ONLY, User
from compliance.people.roles import RIGHTS, StaffRole, give, go_together, make_groups

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


def test_support_has_no_pages_here_yet() -> None:
    support = newcomer(StaffRole.SUPPORT)
    assert not support.is_staff
    assert support.get_all_permissions() == set()


def test_a_support_lead_reads_also_what_a_deputy_decides_on() -> None:
    rights = newcomer(StaffRole.SUPPORT_LEAD).get_all_permissions()
    assert all(".view_" in right for right in rights)
    assert {"compliance.view_approvalrequest", "retention.view_policyversion"} <= rights
    assert "retention.view_cell" not in rights


@pytest.mark.parametrize("role", StaffRole)
def test_only_administrators_edit_logins_and_give_roles(role: StaffRole) -> None:
    user = newcomer(role)
    expected = role == StaffRole.ADMINISTRATOR
    for right in ("change_user", "add_user", "give_roles", "take_factors"):
        assert user.has_perm(f"compliance.{right}") == expected
    assert not user.is_superuser


HOLDERS = {
    "draft": StaffRole.OFFICER,
    "announce": StaffRole.OFFICER,
    "withdraw": StaffRole.OFFICER,
    "approve": StaffRole.APPROVER,
}


@pytest.mark.parametrize("verb", HOLDERS)
def test_p4_each_right_over_the_policy_belongs_to_one_role(verb: str) -> None:
    right = f"retention.{verb}_policyversion"
    assert right in BY_ROLE_ONLY
    assert [role for role in StaffRole if newcomer(role).has_perm(right)] == [HOLDERS[verb]]


def test_p4_rank_gives_nobody_a_right_over_the_policy() -> None:
    root = User.objects.create_superuser("root@sandglass.example")
    assert root.has_perm("compliance.change_user")
    assert not [right for right in BY_ROLE_ONLY if root.has_perm(right)]


def test_a_login_that_is_switched_off_has_no_right_at_all() -> None:
    ida = newcomer(StaffRole.APPROVER)
    User.objects.update(is_active=False, is_superuser=True)
    ida = User.objects.get(pk=ida.pk)
    assert not ida.has_perm("retention.approve_policyversion")


@pytest.mark.parametrize(
    ("roles", "may"),
    [
        (["officer", "approver"], True),
        (["support", "support_lead", "officer"], True),
        (["administrator", "support"], True),
        (["administrator", "officer"], False),
        (["administrator", "approver"], False),
        (["auditor", "support"], False),
        (["auditor"], True),
        ([], True),
    ],
)
def test_who_gives_out_logins_and_who_audits_stay_apart(roles: list[str], may: bool) -> None:
    assert go_together([StaffRole(role) for role in roles]) == may
