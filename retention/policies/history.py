"""What has bound a customer, binds it now, and will: each version with its days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from django.db import connection

from retention.policies.models import Activation, PolicyVersion


class Standing(StrEnum):
    """Where a version stands for one customer on one day."""

    PENDING = "pending"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Binding:
    """One version as it binds one customer."""

    version: PolicyVersion
    given_on: date
    effective_on: date
    standing: Standing


def bindings(customer: UUID, *, today: date) -> list[Binding]:
    """All of them, the newest first. At most one is in force: the last that took effect."""
    return list(_standing(customer, today))


def _standing(customer: UUID, today: date) -> Iterator[Binding]:
    found = (
        Activation.objects.filter(customer_id=customer, voided_at=None)
        .select_related("version")
        .prefetch_related("version__periods")
        .order_by("-effective_on", "-version__number")
    )
    in_force_seen = False
    for activation in found:
        standing = Standing.SUPERSEDED if in_force_seen else Standing.IN_FORCE
        if activation.effective_on > today:
            standing = Standing.PENDING
        in_force_seen = in_force_seen or standing is Standing.IN_FORCE
        yield Binding(activation.version, activation.given_on, activation.effective_on, standing)


@dataclass(frozen=True, slots=True)
class Everybody:
    """How one version stands for all customers that the engine knows.

    `bound`: it is in force for them; `ahead`: told, by the day it takes effect; `not_given`:
    neither it nor a newer one was given to them.
    """

    version: PolicyVersion
    bound: int
    ahead: Sequence[tuple[date, int]]
    not_given: int


# The one that took effect last is in force; the rest of those that took effect are superseded.
BOUND = """
    SELECT version_id, count(*) FROM (
        SELECT DISTINCT ON (act.customer_id) act.version_id
        FROM retention_activation act JOIN retention_policyversion v ON v.id = act.version_id
        WHERE act.voided_at IS NULL AND act.effective_on <= %(today)s
        ORDER BY act.customer_id, act.effective_on DESC, v.number DESC) newest
    GROUP BY 1
"""
AHEAD = """
    SELECT version_id, effective_on, count(*) FROM retention_activation
    WHERE voided_at IS NULL AND effective_on > %(today)s GROUP BY 1, 2 ORDER BY 1, 2
"""
GIVEN = """
    SELECT version.id, (SELECT count(DISTINCT customer_id) FROM retention_activation) - (
        SELECT count(DISTINCT act.customer_id) FROM retention_activation act
        JOIN retention_policyversion given ON given.id = act.version_id
        WHERE act.voided_at IS NULL AND (given.id = version.id
            OR given.announced_at > version.announced_at))
    FROM retention_policyversion version
    WHERE version.state = 'announced' AND version.takes_effect_on IS NOT NULL
"""


def standing(*, today: date) -> list[Everybody]:
    """Each version with how many customers it binds, will bind, and was not given to."""
    with connection.cursor() as cursor:
        cursor.execute(BOUND, {"today": today})
        bound = dict(cursor.fetchall())
        cursor.execute(AHEAD, {"today": today})
        ahead: dict[int, list[tuple[date, int]]] = {}
        for version, day, customers in cursor.fetchall():
            ahead.setdefault(version, []).append((day, customers))
        cursor.execute(GIVEN)
        not_given = dict(cursor.fetchall())
    return [
        Everybody(
            version,
            bound.get(version.pk, 0),
            ahead.get(version.pk, []),
            not_given.get(version.pk, 0),
        )
        for version in PolicyVersion.objects.prefetch_related("periods").order_by("number")
    ]
