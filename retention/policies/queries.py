"""Which rules bind a customer, as values for the pure rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection

from retention.errors import NoSuchPolicy, NoVersionInForce
from retention.policies.models import Activation, PolicyVersion
from retention.policies.rules import (
    MINIMAL_RULES,
    DataClass,
    Period,
    Profile,
    Rules,
    Span,
    in_force,
)

PROFILE_RULES = {Profile.STANDARD: Rules({}), Profile.MINIMAL: MINIMAL_RULES}

# Asked for every batch that comes in: two statements, and no models built from them.
VERSIONS = """
    SELECT activation.effective_on, activation.version_id,
        period.data_class, period.months, period.days, period.or_when_delivered
    FROM retention_activation activation
    JOIN retention_policyversion version ON version.id = activation.version_id
    LEFT JOIN retention_policyperiod period ON period.version_id = activation.version_id
    WHERE activation.customer_id = %s
    ORDER BY activation.effective_on, version.number
"""
CHOICES = """
    SELECT first_day, profile FROM retention_profilechoice WHERE customer_id = %s ORDER BY first_day
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that has ever been in force for one customer."""

    versions: tuple[tuple[Span, int], ...]
    profiles: tuple[tuple[Span, Profile], ...]

    def spans(self) -> list[Span]:
        """For `rules.expires_on`."""
        return [span for span, _ in self.versions] + [span for span, _ in self.profiles]

    def version_on(self, day: date) -> int:
        """The id of the version in force on a day; before the first one, the first."""
        span = in_force([span for span, _ in self.versions], day) or self.versions[0][0]
        return next(version for candidate, version in self.versions if candidate is span)

    def minimal(self, first: date, last: date) -> bool:
        """True if the customer kept as little as possible on any day from `first` to `last`."""
        return any(
            profile is Profile.MINIMAL and span.touches(first, last)
            for span, profile in self.profiles
        )


def terms(customer: UUID) -> Terms:
    """What binds the customer. Raises `NoVersionInForce` when nothing does."""
    with connection.cursor() as cursor:
        cursor.execute(VERSIONS, [customer])
        periods = cursor.fetchall()
        cursor.execute(CHOICES, [customer])
        choices = cursor.fetchall()
    if not periods:
        raise NoVersionInForce
    activations = [(start, list(rows)) for start, rows in groupby(periods, itemgetter(0, 1))]
    versions = _spans(
        [first for (first, _), _ in activations], [_rules(rows) for _, rows in activations]
    )
    profiles = [Profile(profile) for _, profile in choices]
    chosen = _spans([first for first, _ in choices], [PROFILE_RULES[p] for p in profiles])
    return Terms(
        tuple(zip(versions, [version for (_, version), _ in activations], strict=True)),
        tuple(zip(chosen, profiles, strict=True)),
    )


def _rules(periods: Iterable[tuple[Any, ...]]) -> Rules:
    return Rules(
        {
            DataClass(data_class): Period(months=months, days=days, or_when_delivered=delivered)
            for *_, data_class, months, days, delivered in periods
            if data_class is not None
        }
    )


def _spans(firsts: Sequence[date], rules: Sequence[Rules]) -> list[Span]:
    """Each begins on its day and ends on the day before the next one."""
    lasts = [first - timedelta(days=1) for first in firsts[1:]]
    return [
        Span(first, last, rule)
        for first, last, rule in zip(firsts, [*lasts, None], rules, strict=True)
    ]


def version_in_force(customer: UUID, on: date) -> PolicyVersion:
    """The version that binds the customer on a day.

    Raises `NoVersionInForce` before its first one.
    """
    activation = (
        Activation.objects.filter(customer_id=customer, effective_on__lte=on)
        .order_by("-effective_on", "-version__number")
        .select_related("version")
        .first()
    )
    if activation is None:
        raise NoVersionInForce
    return activation.version


def offered() -> PolicyVersion:
    """The version that a new customer accepts. Raises `NoSuchPolicy` when there is none."""
    version = (
        PolicyVersion.objects.filter(state=PolicyVersion.State.ANNOUNCED)
        .order_by("-number")
        .first()
    )
    if version is None:
        raise NoSuchPolicy
    return version
