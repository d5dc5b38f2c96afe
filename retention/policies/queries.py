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
from django.db.models import F, Q, QuerySet

from retention.errors import NoSuchPolicy, NoVersionInForce
from retention.policies.models import Activation, PolicyVersion
from retention.policies.rules import (
    MINIMAL_RULES,
    DataClass,
    Period,
    Profile,
    Rules,
    Span,
    expires_on,
    in_force,
)

PROFILE_RULES = {Profile.STANDARD: Rules({}), Profile.MINIMAL: MINIMAL_RULES}

# Asked for every batch that comes in: two statements, and no models built from them.
VERSIONS = """
    SELECT bound.stay, bound.first_day, bound.last_day, version.number, bound.version_id,
        period.data_class, period.months, period.days, period.or_when_delivered
    FROM (
        SELECT 0 AS stay, effective_on AS first_day, NULL::date AS last_day, version_id
        FROM retention_activation WHERE customer_id = %(customer)s AND voided_at IS NULL
        UNION ALL
        SELECT id, first_day, last_day, kept_id
        FROM retention_stay WHERE customer_id = %(customer)s
    ) bound
    JOIN retention_policyversion version ON version.id = bound.version_id
    LEFT JOIN retention_policyperiod period ON period.version_id = bound.version_id
    ORDER BY bound.stay, bound.first_day, version.number
"""
# A later choice takes back what an earlier one said of the same days or days to come.
CHOICES = """
    SELECT first_day, profile FROM retention_profilechoice chosen
    WHERE customer_id = %s AND NOT EXISTS (
        SELECT 1 FROM retention_profilechoice later
        WHERE later.customer_id = chosen.customer_id AND later.id > chosen.id
            AND later.first_day <= chosen.first_day)
    ORDER BY first_day
"""
KEEP = "SELECT pg_advisory_xact_lock{}(hashtext('retention terms'), hashtext(%s))"
DATABASE_DAY = "SELECT least(%s, retention_database_day())"
APPLIED_UNTIL = """
    SELECT greatest(
        (SELECT max(effective_on) FROM retention_activation
         WHERE customer_id = %(customer)s AND applied_at IS NOT NULL),
        (SELECT max(first_day) FROM retention_stay
         WHERE customer_id = %(customer)s AND applied_at IS NOT NULL),
        (SELECT max(first_day) FROM retention_profilechoice
         WHERE customer_id = %(customer)s AND applied_at IS NOT NULL))
"""


@dataclass(frozen=True, slots=True)
class Terms:
    """Everything that has ever been in force for one customer, and what is to come.

    `stays`: older versions that bind beside the one in force, so that per class the shorter wins.
    """

    versions: tuple[tuple[Span, int], ...]
    profiles: tuple[tuple[Span, Profile], ...]
    stays: tuple[tuple[Span, int], ...] = ()

    def spans(self) -> list[Span]:
        """For `rules.expires_on`."""
        return [span for span, _ in (*self.versions, *self.profiles, *self.stays)]

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
        cursor.execute(VERSIONS, {"customer": customer})
        rows = cursor.fetchall()
        cursor.execute(CHOICES, [customer])
        choices = cursor.fetchall()
    bound = [(*key, _rules(of_it)) for key, of_it in groupby(rows, itemgetter(0, 1, 2, 3, 4))]
    versions = [(first, version, rules) for stay, first, _, _, version, rules in bound if not stay]
    if not versions:
        raise NoVersionInForce
    spans = _spans([first for first, _, _ in versions], [rules for _, _, rules in versions])
    # Chosen anew before it ended, a profile goes on since its first day.
    kept = [next(same) for _, same in groupby(choices, itemgetter(1))]
    profiles = [Profile(profile) for _, profile in kept]
    chosen = _spans([first for first, _ in kept], [PROFILE_RULES[p] for p in profiles])
    return Terms(
        tuple(zip(spans, [version for _, version, _ in versions], strict=True)),
        tuple(zip(chosen, profiles, strict=True)),
        tuple((Span(f, last, rules), v) for stay, f, last, _, v, rules in bound if stay),
    )


def takes_in(customer: UUID, day: date, *, today: date) -> bool:
    """True if an exchange of that day may still come in, or may tomorrow.

    Its prompt record decides: where that one's date has passed, nothing is kept.
    """
    if day > today + timedelta(days=1):
        return False
    try:
        spans = terms(customer).spans()
    except NoVersionInForce:
        spans = []
    end = expires_on(
        clock_day=day, data_class=DataClass.PROMPT, retain_days=0, spans=spans, today=today
    )
    return end > today


def keep_terms(customer: UUID, *, alone: bool = False) -> None:
    """Until the transaction ends: cells are made by many, or moved by one, never both at once."""
    with connection.cursor() as cursor:
        cursor.execute(KEEP.format("" if alone else "_shared"), [str(customer)])


def no_later_than_the_database(today: date) -> date:
    """The day by which deletion dates are set: a host whose clock is ahead does not set them early.

    What is pending would be taken for what is in force, and no date that was moved comes back.
    """
    with connection.cursor() as cursor:
        cursor.execute(DATABASE_DAY, [today])
        found: date = cursor.fetchone()[0]
    return found


def applied_until(customer: UUID) -> date | None:
    """The newest first day of what old cells were already moved by."""
    with connection.cursor() as cursor:
        cursor.execute(APPLIED_UNTIL, {"customer": customer})
        found: date | None = cursor.fetchone()[0]
    return found


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
    if not firsts:
        return []
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
        Activation.objects.filter(customer_id=customer, voided_at=None, effective_on__lte=on)
        .order_by("-effective_on", "-version__number")
        .select_related("version")
        .first()
    )
    if activation is None:
        raise NoVersionInForce
    return activation.version


def offered(*, today: date) -> PolicyVersion:
    """The version in force for somebody who comes today: announced, and its day has come.

    Raises `NoSuchPolicy` when there is none.
    """
    version = (
        _announced()
        .filter(Q(takes_effect_on=None) | Q(takes_effect_on__lte=today))
        .order_by(F("takes_effect_on").desc(nulls_last=True), "-number")
        .first()
    )
    if version is None:
        raise NoSuchPolicy
    return version


def pending(*, today: date) -> PolicyVersion | None:
    """The version that was announced and whose day is to come: one at most."""
    return _announced().filter(takes_effect_on__gt=today).order_by("takes_effect_on").first()


def _announced() -> QuerySet[PolicyVersion]:
    return PolicyVersion.objects.filter(state=PolicyVersion.State.ANNOUNCED)
