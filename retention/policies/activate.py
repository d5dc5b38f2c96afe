"""Notice given to one customer, and taken away again.

The day of giving is the database's own (trigger): what anybody writes there does not count. So
does the day of effect, unless a later one is asked for; an earlier one is refused.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, connection, transaction

from retention.actor import Actor
from retention.errors import AlreadyInForce, NotGiven, TooEarly
from retention.ledger.append import append
from retention.policies.models import SHORTEST_NOTICE, Activation, PolicyVersion

# The trigger fills in both days.
GIVE = """
    INSERT INTO retention_activation (customer_id, version_id, kind, given_on, notice_days,
        effective_on, voided_for)
    VALUES (%s, %s, 'noticed', NULL, %s, NULL, '')
    ON CONFLICT (customer_id, version_id) WHERE voided_at IS NULL DO NOTHING RETURNING id
"""
EARLIEST = "SELECT retention_effective_on(%s, %s, %s, %s)"


@transaction.atomic
def give(
    customer: UUID, version: PolicyVersion, *, notice_days: int, by: Actor, now: datetime
) -> Activation:
    """From its day on the version binds the customer. What was given already is returned as it is.

    Raises `NotGiven` when the version is not announced, was withdrawn, or a newer one was given;
    `TooEarly` for less than 30 days.
    """
    if notice_days < SHORTEST_NOTICE:
        raise TooEarly
    if standing := _standing(customer, version):
        return standing
    made = _insert(customer, version, notice_days)
    activation = Activation.objects.get(pk=made) if made else _standing(customer, version)
    if activation is None:
        raise NotGiven
    if made:
        append(
            "policy:version:given",
            now=now,
            customer=customer,
            facts={
                "version": version.number,
                "given_on": activation.given_on,
                "notice_days": activation.notice_days,
                "effective_on": activation.effective_on,
                "actor": by.kind,
                "actor_id": by.id,
            },
        )
    return activation


def earliest(customer: UUID, version: PolicyVersion, *, given_on: date, notice_days: int) -> date:
    """The day on which the version would bind the customer if it were told on `given_on`."""
    with connection.cursor() as cursor:
        cursor.execute(EARLIEST, [version.pk, customer, given_on, notice_days])
        found: date = cursor.fetchone()[0]
    return found


@transaction.atomic
def void(activation: Activation, *, why: str, by: Actor, now: datetime) -> Activation:
    """The notice did not arrive after all: it does not count. Voided before, it stays so.

    `why`: one of `Activation.Void`. Raises `AlreadyInForce` from its day of effect on.
    """
    locked = Activation.objects.select_for_update().get(pk=activation.pk)
    if locked.voided_at:
        return locked
    if locked.effective_on <= now.date():
        raise AlreadyInForce
    locked.voided_at, locked.voided_for = now, Activation.Void(why)
    _save_voided(locked)
    append(
        "policy:version:voided",
        now=now,
        customer=locked.customer_id,
        facts={
            "version": locked.version.number,
            "why": why,
            "actor": by.kind,
            "actor_id": by.id,
        },
    )
    return locked


def _save_voided(activation: Activation) -> None:
    try:
        with transaction.atomic():
            activation.save(update_fields=["voided_at", "voided_for"])
    except IntegrityError as error:
        # The database's day has come where the host's has not yet.
        raise AlreadyInForce from error


def _standing(customer: UUID, version: PolicyVersion) -> Activation | None:
    return Activation.objects.filter(customer_id=customer, version=version, voided_at=None).first()


def _insert(customer: UUID, version: PolicyVersion, notice_days: int) -> int | None:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(GIVE, [customer, version.pk, notice_days])
            row = cursor.fetchone()
    except IntegrityError as error:
        raise NotGiven from error
    return row[0] if row else None
