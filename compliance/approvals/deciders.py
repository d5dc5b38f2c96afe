"""Who may decide on what: approvers, and whoever stands in for one on that day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

from compliance.approvals.models import ApprovalRequest, Deputy
from compliance.people.models import User
from compliance.people.roles import RIGHTS, StaffRole

# Whoever gives out logins and whoever audits decides nothing, also in nobody's place.
NEVER = (StaffRole.ADMINISTRATOR.value, StaffRole.AUDITOR.value)
# Whose role opens the page of approvals: nobody is named who could not decide there.
FIT = [
    role.value
    for role, rights in RIGHTS.items()
    if ("compliance", "view_approvalrequest") in rights and role.value not in NEVER
]


def approvers() -> QuerySet[User]:
    """Everybody with the role whose login may be used."""
    return User.objects.filter(
        is_active=True, is_staff=True, groups__name=StaffRole.APPROVER.value
    ).distinct()


def fit_to_stand_in() -> QuerySet[User]:
    """Active staff whose role opens approvals, and who is neither auditor nor administrator."""
    staff = User.objects.filter(is_active=True, is_staff=True, is_superuser=False)
    return staff.filter(groups__name__in=FIT).exclude(groups__name__in=NEVER).distinct()


def standing_in(today: date) -> QuerySet[Deputy]:
    """The deputies of today whose approver still is one."""
    return Deputy.objects.filter(
        ended_at=None,
        first_day__lte=today,
        last_day__gte=today,
        person__in=approvers(),
        deputy__in=fit_to_stand_in(),
    ).select_related("person", "deputy")


class Deciders:
    """Who decides today, looked up once: approvers, and deputies with those they stand in for."""

    def __init__(self, today: date) -> None:
        self._approvers = {user.pk: user for user in approvers()}
        self._deputies = [(row.deputy, row.person) for row in standing_in(today)]

    def of(self, request: ApprovalRequest) -> list[User]:
        """Everybody who may decide on this one."""
        return list(self._standing(request))

    def may(self, user_id: UUID | None, request: ApprovalRequest) -> bool:
        """Whether this login may."""
        return any(user.pk == user_id for user in self._standing(request))

    def in_place_of(self, user_id: UUID | None, request: ApprovalRequest) -> User | None:
        """The approver for whom a deputy decides; None for an approver."""
        if user_id in self._approvers:
            return None
        own = _own(request)
        return next(
            (
                person
                for deputy, person in self._deputies
                if deputy.pk == user_id and person.pk not in own
            ),
            None,
        )

    def _standing(self, request: ApprovalRequest) -> Iterable[User]:
        """Never those whose own it is, nor anybody who would only stand in for one of them."""
        own = _own(request)
        found = {pk: user for pk, user in self._approvers.items() if pk not in own}
        for deputy, person in self._deputies:
            if deputy.pk not in own and person.pk not in own:
                found.setdefault(deputy.pk, deputy)
        return found.values()


def _own(request: ApprovalRequest) -> set[UUID]:
    return {pk for pk in (request.asked_by_id, request.author_id) if pk}
