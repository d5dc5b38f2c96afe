"""Give roles to a login, and take them: by an administrator, never to oneself."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from django.contrib.auth.models import Group
from django.db import transaction

from compliance.people import sessions
from compliance.people.errors import NotOneself, RolesDoNotGoTogether, SwitchedOff
from compliance.people.models import User
from compliance.people.roles import StaffRole, go_together, opens_administration, roles_of
from retention.actor import Actor
from retention.ledger.append import Fact, append


@transaction.atomic
def assign(user: User, roles: Collection[StaffRole], *, by: Actor, now: datetime) -> bool:
    """Let this login hold exactly these roles; its sessions end. False when nothing changes.

    Raises `NotOneself`, `SwitchedOff`, and `RolesDoNotGoTogether` (a superuser counts as an
    administrator).
    """
    if by.id == user.pk:
        raise NotOneself
    locked = User.objects.select_for_update().get(pk=user.pk)
    before, after = roles_of(locked), set(roles)
    if before == after:
        return False
    if not locked.is_active and after:
        raise SwitchedOff
    if not go_together(after | ({StaffRole.ADMINISTRATOR} if locked.is_superuser else set())):
        raise RolesDoNotGoTogether
    locked.groups.set(Group.objects.filter(name__in=[role.value for role in after]))
    locked.is_staff = locked.is_superuser or opens_administration(after)
    locked.save(update_fields=["is_staff"])
    sessions.end_all(User.objects.filter(pk=locked.pk))
    append("people:roles:changed", now=now, facts=_facts(locked, before, after, by))
    return True


def _facts(
    user: User, before: Collection[StaffRole], after: Collection[StaffRole], by: Actor
) -> dict[str, Fact]:
    return {
        "actor": by.kind,
        "actor_id": by.id,
        "user": user.pk,
        "before": sorted(role.value for role in before),
        "after": sorted(role.value for role in after),
    }
