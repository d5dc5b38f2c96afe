"""Name somebody who decides while an approver is away, and end that."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction

from compliance.approvals.deciders import approvers, fit_to_stand_in
from compliance.approvals.errors import (
    BadDays,
    MayNotAppoint,
    NotAnApprover,
    StaleDeputy,
    UnfitDeputy,
)
from compliance.approvals.models import Deputy
from compliance.people.models import User
from retention.actor import Actor
from retention.ledger.append import append

# For longer somebody should be given the role.
LONGEST_DAYS = 92


def appoint(
    person: User, deputy: User, *, first_day: date, last_day: date, by: Actor, now: datetime
) -> Deputy:
    """Let `deputy` decide in this approver's place on these days.

    Raises `MayNotAppoint`, `NotAnApprover`, `UnfitDeputy` and `BadDays`.
    """
    if by.id is None or not may_appoint_for(person, by=by):
        raise MayNotAppoint
    if not approvers().filter(pk=person.pk).exists():
        raise NotAnApprover
    if person == deputy or not fit_to_stand_in().filter(pk=deputy.pk).exists():
        raise UnfitDeputy
    longest = first_day + timedelta(days=LONGEST_DAYS - 1)
    if not now.date() <= first_day <= last_day <= longest:
        raise BadDays
    with transaction.atomic():
        made = Deputy.objects.create(
            person=person,
            deputy=deputy,
            first_day=first_day,
            last_day=last_day,
            made_by_id=by.id,
            made_at=now,
        )
        _note("approval:deputy:appointed", made, by=by, now=now)
    return made


@transaction.atomic
def end(deputy: Deputy, *, by: Actor, now: datetime) -> None:
    """From now on it counts no more. Raises `MayNotAppoint` and `StaleDeputy`."""
    if by.id != deputy.deputy_id and not may_appoint_for(deputy.person, by=by):
        raise MayNotAppoint
    lasting = Deputy.objects.filter(pk=deputy.pk, ended_at=None, last_day__gte=now.date())
    if lasting.update(ended_at=now, ended_by_id=by.id) != 1:
        raise StaleDeputy
    _note("approval:deputy:ended", deputy, by=by, now=now)
    deputy.refresh_from_db()


def may_appoint_for(person: User, *, by: Actor) -> bool:
    """An approver for themselves; whoever gives roles, for anybody."""
    if by.kind != "user" or by.id is None:
        return False
    if by.id == person.pk:
        return True
    actor = User.objects.filter(pk=by.id, is_active=True).first()
    return actor is not None and actor.has_perm("compliance.give_roles")


def _note(kind: str, deputy: Deputy, *, by: Actor, now: datetime) -> None:
    facts = {
        "actor": by.kind,
        "actor_id": by.id,
        "person": deputy.person_id,
        "deputy": deputy.deputy_id,
        "first_day": deputy.first_day,
        "last_day": deputy.last_day,
    }
    append(kind, now=now, facts=facts)
