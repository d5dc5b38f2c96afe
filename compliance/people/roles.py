"""What each staff role may see and do on the administration pages.

A role is a group with the same name; `migrate` sets its permissions to what stands here. Logins and
roles belong to administrators, and nobody gives a role to themselves (`assign.py`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from enum import StrEnum

from django.apps import apps
from django.contrib.auth.management import create_permissions
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db import transaction

from compliance.people.models import User

SEEN = {
    "compliance": (
        *("customer", "apikey", "contact", "member", "user"),
        *("approvalrequest", "deputy", "finding", "acceptance"),
    ),
    "retention": ("policyversion", "policyperiod", "cell", "deletionrecord", "entry", "sweeprun"),
    "auditlog": ("logentry",),
}


class StaffRole(StrEnum):
    """What staff are here for; customers' people are members instead."""

    OFFICER = "officer"
    APPROVER = "approver"
    SUPPORT = "support"
    SUPPORT_LEAD = "support_lead"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrator"


# In words, for the pages that give them.
MEANINGS: Mapping[StaffRole, str] = {
    StaffRole.OFFICER: "Works on customers, keys and contacts; drafts, announces and withdraws"
    " policy versions; asks for approval",
    StaffRole.APPROVER: "Decides, as the second person, on what somebody else asks approval for",
    StaffRole.SUPPORT: "Answers customers’ requests",
    StaffRole.SUPPORT_LEAD: "Answers customers’ requests, and is told of those that are late;"
    " may stand in for an approver",
    StaffRole.AUDITOR: "Sees every page and changes nothing",
    StaffRole.ADMINISTRATOR: "Makes and switches off logins, gives roles, takes lost second factors"
    " away, issues and revokes API keys; neither announces nor approves policy",
}
# Rights that no table of Django's makes: migrate makes them, on the model that they are about.
OF_OUR_OWN: Mapping[tuple[str, str], Mapping[str, str]] = {
    ("retention", "policyversion"): {
        "draft_policyversion": "Can draft a policy version and ask for its approval",
        "announce_policyversion": "Can announce an approved policy version",
        "withdraw_policyversion": "Can withdraw an announced policy version",
        "approve_policyversion": "Can approve a policy version that somebody else wrote",
    },
    ("compliance", "user"): {
        "give_roles": "Can give roles to other logins and take them",
        "take_factors": "Can take lost second factors away",
    },
}


def _may(verbs: Iterable[str], models: Iterable[str], app: str) -> set[tuple[str, str]]:
    return {(app, f"{verb}_{model}") for verb in verbs for model in models}


_LOOK = {right for app, models in SEEN.items() for right in _may(["view"], models, app)}
RIGHTS: Mapping[StaffRole, set[tuple[str, str]]] = {
    StaffRole.OFFICER: _LOOK
    | _may(["add", "change"], ["customer", "apikey", "contact", "member"], "compliance")
    | _may(["add"], ["acceptance"], "compliance")
    | _may(["change"], ["finding"], "compliance")
    | _may(["draft", "announce", "withdraw"], ["policyversion"], "retention"),
    StaffRole.APPROVER: _LOOK | _may(["approve"], ["policyversion"], "retention"),
    StaffRole.AUDITOR: _LOOK,
    StaffRole.ADMINISTRATOR: _LOOK
    | _may(["add", "change"], ["user", "apikey"], "compliance")
    | {("compliance", "give_roles"), ("compliance", "take_factors")},
    StaffRole.SUPPORT: set(),
    # May stand in for an approver who is away, and reads then what is decided on.
    StaffRole.SUPPORT_LEAD: _may(["view"], ["approvalrequest", "deputy"], "compliance")
    | _may(["view"], ["policyversion", "policyperiod"], "retention"),
}
# Who gives out logins could give himself a second one: he must have nothing to do with it.
APART: Collection[frozenset[StaffRole]] = [
    *(
        frozenset({StaffRole.ADMINISTRATOR, role})
        for role in (StaffRole.OFFICER, StaffRole.APPROVER)
    ),
    *(frozenset({StaffRole.AUDITOR, role}) for role in StaffRole if role != StaffRole.AUDITOR),
]


def go_together(roles: Collection[StaffRole]) -> bool:
    """Whether one person may hold all of these."""
    return not any(pair <= set(roles) for pair in APART)


def opens_administration(roles: Iterable[StaffRole]) -> bool:
    """Whether these roles have pages there."""
    return any(RIGHTS[role] for role in roles)


def roles_of(user: User) -> set[StaffRole]:
    """The roles that this login holds."""
    names = {group.name for group in user.groups.all()}
    return {role for role in StaffRole if role.value in names}


def give(user: User, *roles: StaffRole) -> None:
    """Make this login staff of those roles; for logins that are being made."""
    with transaction.atomic():
        if opens_administration(roles):
            user.is_staff = True
            user.save(update_fields=["is_staff"])
        user.groups.add(*Group.objects.filter(name__in=[role.value for role in roles]))


def make_groups(*, using: str, **_: object) -> None:
    """After `migrate`: one group for each role, with exactly the rights that stand above."""
    if using != "default":
        return
    for app in SEEN:
        create_permissions(apps.get_app_config(app), verbosity=0, using=using)
    _make_rights_of_our_own()
    known = {(p.content_type.app_label, p.codename): p for p in _permissions()}
    for role, rights in RIGHTS.items():
        group, _created = Group.objects.get_or_create(name=role.value)
        group.permissions.set([known[right] for right in rights])


def _make_rights_of_our_own() -> None:
    for (app, model), rights in OF_OUR_OWN.items():
        about = ContentType.objects.get_by_natural_key(app, model)
        for codename, name in rights.items():
            Permission.objects.get_or_create(
                content_type=about, codename=codename, defaults={"name": name}
            )


def _permissions() -> Iterable[Permission]:
    return Permission.objects.filter(content_type__app_label__in=SEEN).select_related(
        "content_type"
    )
