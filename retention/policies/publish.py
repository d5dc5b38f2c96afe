"""A version is approved by a second person, announced, withdrawn, and accepted by who is new.

Nothing is sent here. An announcement is one entry in the log; whoever tells the customers waits
until it is signed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from retention.actor import Actor
from retention.errors import (
    AlreadyInForce,
    AnotherPending,
    ContentChanged,
    RetentionError,
    SamePerson,
    StaleVersion,
    TooEarly,
)
from retention.ledger.append import Fact, append
from retention.ledger.models import Entry
from retention.policies import content
from retention.policies.models import (
    SHORTEST_NOTICE,
    Activation,
    PolicyVersion,
    ProfileChoice,
)
from retention.policies.queries import offered, pending
from retention.policies.rules import Profile

State = PolicyVersion.State
ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('retention announce'))"
NOT_MEANWHILE = "SELECT pg_advisory_xact_lock_shared(hashtext('retention announce'))"

REFUSED: Mapping[str, type[RetentionError]] = {
    "policyversion_early": TooEarly,
    "policyversion_pending": AnotherPending,
    "policyversion_in_force": AlreadyInForce,
    "activation_fixed": AlreadyInForce,
}


def earliest_effect(today: date, notice_days: int = SHORTEST_NOTICE) -> date:
    """The first day that may be chosen: a day to send, the full days of notice, and the next."""
    return today + timedelta(days=1 + notice_days + 1)


@transaction.atomic
def approve(
    version: PolicyVersion, *, impact: Mapping[str, Any], seen: str = "", by: Actor, now: datetime
) -> PolicyVersion:
    """A second person says yes. `impact`: the sums that this person saw; `seen`: its `digest`.

    Raises `StaleVersion` when it is no draft, `SamePerson`, and `ContentChanged` when it is not
    any more what was seen.
    """
    locked = _locked(version, State.DRAFT)
    if locked.author_id is None or by.id is None or locked.author_id == by.id:
        raise SamePerson
    now_says = content.digest(locked)
    if seen and seen != now_says:
        raise ContentChanged
    _move(locked, State.APPROVED, approved_by=by.id, approved_at=now, impact=dict(impact),
          content_hash=now_says)  # fmt: skip
    _log("approved", locked, by, now, content=now_says)
    return locked


@transaction.atomic
def announce(version: PolicyVersion, *, takes_effect_on: date, by: Actor, now: datetime) -> Entry:
    """Fix the day on which it takes effect, and write the entry that everything sent waits for.

    Raises `StaleVersion`, `TooEarly`, `AnotherPending` and `ContentChanged`; then nothing changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(ONE_AT_A_TIME)
    locked = _locked(version, State.APPROVED)
    if takes_effect_on < (earliest := earliest_effect(now.date())):
        raise TooEarly(earliest=earliest)
    if pending(today=now.date()):
        raise AnotherPending
    content.check(locked)
    _move(locked, State.ANNOUNCED, announced_at=now, takes_effect_on=takes_effect_on)
    return _log("announced", locked, by, now, content=locked.content_hash,
                takes_effect_on=takes_effect_on)  # fmt: skip


@transaction.atomic
def withdraw(version: PolicyVersion, *, by: Actor, now: datetime) -> Entry:
    """Take it back, with every notice that was given of it, while it binds nobody.

    Raises `StaleVersion` when there is nothing to withdraw, and `AlreadyInForce`.
    """
    locked = _locked(version, State.APPROVED, State.ANNOUNCED)
    standing = Activation.objects.filter(version=locked, voided_at=None)
    if standing.filter(effective_on__lte=now.date()).exists():
        raise AlreadyInForce
    _move(locked, State.WITHDRAWN, withdrawn_at=now)
    with _as_ours():
        voided = standing.update(voided_at=now, voided_for=Activation.Void.WITHDRAWN)
    return _log("withdrawn", locked, by, now, notices=voided)


@transaction.atomic
def accept(customer: UUID, *, profile: Profile, by: Actor, now: datetime) -> Activation:
    """A new customer accepts the version on offer, and with it the one that is to come.

    No version is announced meanwhile: each customer either is there to be told, or accepts it here.
    Raises `NoSuchPolicy`.
    """
    with connection.cursor() as cursor:
        cursor.execute(NOT_MEANWHILE)
    version, to_come = offered(today=now.date()), pending(today=now.date())
    activation = _accepted(customer, version, now.date(), now.date())
    if to_come and to_come.takes_effect_on:
        _accepted(customer, to_come, now.date(), to_come.takes_effect_on)
    ProfileChoice.objects.create(
        customer_id=customer,
        profile=profile.value,
        first_day=now.date(),
        chosen_at=now,
        # There is nothing yet that it could reach.
        applied_at=now,
    )
    facts = {"version": version.number, "profile": profile.value, "actor": by.kind}
    if to_come:
        facts |= {"to_come": to_come.number}
    append("policy:version:accepted", now=now, customer=customer, facts=facts)
    return activation


def _accepted(customer: UUID, version: PolicyVersion, given: date, effective: date) -> Activation:
    return Activation.objects.create(
        customer_id=customer,
        version=version,
        kind="accepted",
        given_on=given,
        effective_on=effective,
    )


def _locked(version: PolicyVersion, *states: str) -> PolicyVersion:
    found = PolicyVersion.objects.select_for_update().filter(pk=version.pk, state__in=states)
    if (locked := found.first()) is None:
        raise StaleVersion
    return locked


def _move(version: PolicyVersion, state: str, **values: Any) -> None:
    """The row is locked. The database sets the times itself (trigger)."""
    with _as_ours():
        PolicyVersion.objects.filter(pk=version.pk).update(state=state, **values)
    version.refresh_from_db()


@contextmanager
def _as_ours() -> Iterator[None]:
    """What the triggers refuse because the database's day is another than ours, in our words."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        for name, kind in REFUSED.items():
            if name in str(error):
                raise kind from error
        raise


def _log(what: str, version: PolicyVersion, by: Actor, now: datetime, **facts: Fact) -> Entry:
    return append(
        f"policy:version:{what}",
        now=now,
        facts={"version": version.number, **facts, "actor": by.kind, "actor_id": by.id},
    )
