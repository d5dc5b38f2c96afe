"""Which versions bind whom: now, on every day there was, and on the days to come."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, Q, QuerySet

from compliance.admin import words
from compliance.people.models import User
from retention.policies.models import Activation, PolicyVersion

# Each customer's activations in their order; each binds until the next one takes effect.
STRETCHES = """
    SELECT version_id, effective_on, until, count(*)
    FROM (
        SELECT activation.version_id, effective_on, lead(effective_on) OVER (
            PARTITION BY customer_id ORDER BY effective_on, version.number
        ) AS until
        FROM retention_activation activation
        JOIN retention_policyversion version ON version.id = activation.version_id
        WHERE voided_at IS NULL
    ) bound
    WHERE until IS NULL OR until > effective_on
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many customers are bound from `first` on, up to the day before `until` (None: still)."""

    first: date
    until: date | None
    customers: int


def stretches() -> Mapping[int, list[Stretch]]:
    """By version: since when it binds how many, and until when; one statement."""
    found: dict[int, list[Stretch]] = {}
    with connection.cursor() as cursor:
        cursor.execute(STRETCHES)
        for version, first, until, customers in cursor.fetchall():
            found.setdefault(version, []).append(Stretch(first, until, customers))
    return found


def bound_on(stretches: Iterable[Stretch], day: date) -> int:
    """How many customers of these are bound on that day."""
    return sum(
        one.customers
        for one in stretches
        if one.first <= day and (one.until is None or day < one.until)
    )


def binding(versions: QuerySet[Any], today: date) -> QuerySet[Any]:
    """The versions, each with how many customers it binds today (`bound`) and `since` when.

    `since`: the day from which it applies to the first of them.
    """
    latest = (
        Activation.objects.filter(effective_on__lte=today, voided_at=None)
        .order_by("customer_id", "-effective_on", "-version__number")
        .distinct("customer_id")
    )
    today_only = Q(activations__in=latest.values("pk"))
    bound: QuerySet[Any] = versions.annotate(
        bound=Count("activations", filter=today_only),
        since=Min("activations__effective_on", filter=today_only),
    )
    return bound


def periods_in_force(today: date) -> dict[str, str]:
    """How long each kind of data is kept: under each version that binds somebody today."""
    found: dict[str, list[str]] = {}
    versions = binding(PolicyVersion.objects.all(), today).filter(bound__gt=0).order_by("number")
    for version in versions.prefetch_related("periods"):
        for period in version.periods.all():
            lengths = found.setdefault(period.data_class, [])
            lengths += [words.length(period)] * (words.length(period) not in lengths)
    return {kind: "; ".join(lengths) for kind, lengths in found.items()}


def before(version: PolicyVersion) -> PolicyVersion | None:
    """What this one is compared with: the last announced version that comes before it."""
    announced = PolicyVersion.objects.filter(state=PolicyVersion.State.ANNOUNCED)
    earlier = announced.filter(number__lt=version.number).order_by("-number")
    return earlier.prefetch_related("periods").first()


def names_of(ids: Sequence[UUID | None]) -> Mapping[UUID | None, str]:
    """The logins behind ids, as their addresses; one query."""
    wanted = [one for one in ids if one]
    found: dict[UUID | None, str] = dict(
        User.objects.filter(pk__in=wanted).values_list("pk", "email")
    )
    return {**dict.fromkeys(wanted, "a login that is gone"), **found}
