"""What has bound a customer, binds it now, and will: each version with its days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

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
