"""What each staff role may see and do on the administration pages.

A role is a group with the same name; `migrate` sets its permissions to what stands here. Nobody but
a superuser edits logins: a role that could would give itself every other one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from compliance.people.models import User

SEEN = {
    "compliance": ("customer", "apikey", "contact", "member", "user", "acceptance"),
    "retention": ("policyversion", "policyperiod", "cell", "deletionrecord", "entry", "sweeprun"),
    "auditlog": ("logentry",),
}


class StaffRole(StrEnum):
    """What staff are here for; customers' people are members instead."""

    OFFICER = "officer"
    SUPPORT = "support"
    SUPPORT_LEAD = "support_lead"
    AUDITOR = "auditor"


def _may(verbs: Iterable[str], models: Iterable[str], app: str) -> set[tuple[str, str]]:
    return {(app, f"{verb}_{model}") for verb in verbs for model in models}


_LOOK = {right for app, models in SEEN.items() for right in _may(["view"], models, app)}
RIGHTS: Mapping[StaffRole, set[tuple[str, str]]] = {
    StaffRole.OFFICER: _LOOK
    | _may(["add", "change"], ["customer", "apikey", "contact", "member"], "compliance")
    | _may(["add"], ["acceptance"], "compliance"),
    StaffRole.AUDITOR: _LOOK,
    StaffRole.SUPPORT: set(),
    StaffRole.SUPPORT_LEAD: set(),
}


def give(user: User, role: StaffRole) -> None:
    """Make this login staff of that role; the list of field changes says who did."""
    with transaction.atomic():
        if RIGHTS[role]:
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        user.groups.add(Group.objects.get(name=role.value))


def make_groups(*, using: str, **_: object) -> None:
    """After `migrate`: one group for each role, with exactly the rights that stand above."""
    if using != "default":
        return
    for app in SEEN:
        create_permissions(apps.get_app_config(app), verbosity=0, using=using)
    known = {(p.content_type.app_label, p.codename): p for p in _permissions()}
    for role, rights in RIGHTS.items():
        group, _created = Group.objects.get_or_create(name=role.value)
        group.permissions.set([known[right] for right in rights])


def _permissions() -> Iterable[Permission]:
    return Permission.objects.filter(content_type__app_label__in=SEEN).select_related(
        "content_type"
    )
