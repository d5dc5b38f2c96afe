"""Who would be told of a version, who cannot be, and who gets a later day; three queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Exists, OuterRef, QuerySet

from compliance.customers.models import Contact, Customer
from retention.policies.models import SHORTEST_NOTICE

LISTED = 50


@dataclass(frozen=True, slots=True)
class Longer:
    """So many customers have so many days of notice, and so get that day at the earliest."""

    days: int
    customers: int
    earliest: date


@dataclass(frozen=True, slots=True)
class Audience:
    """Everybody who is to be told."""

    customers: int
    without: int
    listed: Sequence[Customer]
    longer: Sequence[Longer]


def audience(*, takes_effect_on: date, today: date) -> Audience:
    """As it stands today; customers without a legal contact keep the version that they have."""
    told = Customer.objects.exclude(state=Customer.State.ERASED)
    counts = told.order_by("notice_days").values_list("notice_days").annotate(Count("pk"))
    by_days = list(counts)
    listed = list(without_contact(told).select_related("account_owner")[: LISTED + 1])
    without = len(listed) if len(listed) <= LISTED else without_contact(told).count()
    longer = [
        Longer(days, number, max(takes_effect_on, today + timedelta(days=days + 1)))
        for days, number in by_days
        if days > SHORTEST_NOTICE
    ]
    return Audience(sum(number for _, number in by_days), without, listed[:LISTED], longer)


def without_contact(customers: QuerySet[Customer]) -> QuerySet[Customer]:
    """Those whom no legal contact stands for today."""
    current = Contact.objects.filter(
        customer=OuterRef("pk"), role=Contact.Role.LEGAL, ended_at=None
    )
    return customers.filter(~Exists(current)).order_by("name", "pk")
