"""Take a list of customers in: each of them by itself, through the verbs everybody uses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from django.db import DataError, IntegrityError, transaction

from compliance.arrival.plan import Intent, Plan
from compliance.arrival.read import Problem
from compliance.customers import contract
from compliance.customers.contacts import add_contact
from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from compliance.errors import ComplianceError
from compliance.terms import accept
from compliance.terms.models import Acceptance
from retention.actor import Actor


@dataclass(slots=True)
class Result:
    """What came of it. `left`: not come to yet."""

    made: int = 0
    added_to: int = 0
    left: int = 0
    problems: list[Problem] = field(default_factory=list)


def take_in(
    plan: Plan, *, by: Actor, now: datetime, stop: Callable[[], bool] = lambda: False
) -> Result:
    """Do what was planned, until `stop` says so.

    Each customer is a transaction of its own, so that a line which the database refuses takes no
    other with it. Taken in again, a list goes on where it stood. Raises `NoSuchPolicy` when there
    is no version to offer: then nobody can be taken on.
    """
    result = Result()
    for number, intent in enumerate(plan.todo):
        if stop():
            result.left = len(plan.todo) - number
            break
        try:
            _one(intent, by=by, now=now)
        except (ComplianceError, IntegrityError, DataError) as error:
            result.problems.append(_refused(intent, error))
            continue
        if intent.customer is None:
            result.made += 1
        else:
            result.added_to += 1
    return result


@transaction.atomic
def _one(intent: Intent, *, by: Actor, now: datetime) -> None:
    customer = intent.customer or _made(intent, by=by, now=now)
    for role, person in intent.contacts:
        add_contact(customer, name=person.name, email=person.email, role=role, by=by, now=now)
    if intent.customer and intent.owner:
        contract.set_account_owner(customer, owner=intent.owner, by=by, now=now)
    if intent.terms:
        version, accepted_on, accepted_by = intent.terms
        accept.record(
            customer,
            version=version,
            accepted_on=accepted_on,
            accepted_by=accepted_by,
            source=Acceptance.Source.IMPORT.value,
            by=by,
            now=now,
        )


def _made(intent: Intent, *, by: Actor, now: datetime) -> Customer:
    line = intent.line
    return create_customer(
        line.name,
        profile=line.profile,
        text_carries_no_code=line.text_carries_no_code,
        notice_days=line.notice_days,
        account_owner=intent.owner,
        reference=line.reference,
        by=by,
        now=now,
    )


def _refused(intent: Intent, error: Exception) -> Problem:
    """Somebody else was first, or a rule of the database: nothing of the line was taken in."""
    wrong = str(error).strip().partition("\n")[0]
    if isinstance(error, IntegrityError):
        wrong = "Somebody took this customer or contact on at the same time."
    return Problem(intent.line.number, "", wrong, "Take the list in once more.")
