"""While an objection is open, the version that keeps less applies.

The older version binds beside the newer one: for each kind of data the shorter period wins. Where
the older one is the shorter, `expiry.shorten` moves what came in under the newer one.
"""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from retention.actor import Actor
from retention.errors import StaleStay, TooEarly
from retention.ledger.append import Fact, append
from retention.policies.models import Activation, PolicyVersion, Stay


@transaction.atomic
def open_stay(customer: UUID, version: PolicyVersion, *, by: Actor, now: datetime) -> Stay | None:
    """The version that bound the customer before this one binds it on, beside it.

    The open stay if there is one. None: nothing bound it before, so there is nothing to stay with.
    """
    mine = Stay.objects.filter(customer_id=customer, version=version, last_day=None)
    if standing := mine.first():
        return standing
    kept = _version_before(customer, version, now.date())
    if kept is None:
        return None
    stay, made = Stay.objects.get_or_create(
        customer_id=customer,
        version=version,
        last_day=None,
        defaults={"kept": kept, "first_day": now.date()},
    )
    stay.refresh_from_db()
    if made:
        _log("opened", stay, by, now, stay.first_day)
    return stay


@transaction.atomic
def end_stay(stay: Stay, *, last_day: date, by: Actor, now: datetime) -> Stay:
    """From the day after `last_day` on only the version in force binds. Once, and not in the past.

    Raises `StaleStay` when it was ended before, and `TooEarly` for a day that is over.
    """
    locked = Stay.objects.select_for_update().filter(pk=stay.pk, last_day=None).first()
    if locked is None:
        raise StaleStay
    if last_day < now.date():
        raise TooEarly
    locked.last_day = last_day
    try:
        with transaction.atomic():
            locked.save(update_fields=["last_day"])
    except IntegrityError as error:
        # The database's day has come where the host's has not yet.
        raise TooEarly from error
    _log("ended", locked, by, now, last_day)
    return locked


def _version_before(customer: UUID, version: PolicyVersion, today: date) -> PolicyVersion | None:
    """The last one that took effect by today, before the version itself did."""
    standing = Activation.objects.filter(customer_id=customer, voided_at=None)
    own = standing.filter(version=version).first()
    before = standing.filter(effective_on__lte=today).exclude(version=version)
    if own:
        before = before.filter(effective_on__lte=own.effective_on)
    last = before.order_by("-effective_on", "-version__number").select_related("version").first()
    return last.version if last else None


def _log(what: str, stay: Stay, by: Actor, now: datetime, day: date) -> None:
    facts: dict[str, Fact] = {"version": stay.version.number, "kept": stay.kept.number, "day": day}
    facts |= {"actor": by.kind, "actor_id": by.id}
    append(f"policy:stay:{what}", now=now, customer=stay.customer_id, facts=facts)
