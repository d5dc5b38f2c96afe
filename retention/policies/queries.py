"""Which rules bind a customer, as values for the pure rules."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from retention.errors import NoSuchPolicy, NoVersionInForce
from retention.policies.models import Activation, PolicyVersion, ProfileChoice
from retention.policies.rules import MINIMAL_RULES, Profile, Rules, Span, in_force

PROFILE_RULES = {Profile.STANDARD: Rules({}), Profile.MINIMAL: MINIMAL_RULES}


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
    activations = list(
        Activation.objects.filter(customer_id=customer)
        .order_by("effective_on", "version__number")
        .prefetch_related("version__periods")
    )
    if not activations:
        raise NoVersionInForce
    choices = list(ProfileChoice.objects.filter(customer_id=customer).order_by("first_day"))
    versions = _spans(
        [a.effective_on for a in activations], [a.version.rules() for a in activations]
    )
    profiles = _spans(
        [c.first_day for c in choices], [PROFILE_RULES[Profile(c.profile)] for c in choices]
    )
    return Terms(
        tuple(zip(versions, [a.version.pk for a in activations], strict=True)),
        tuple(zip(profiles, [Profile(c.profile) for c in choices], strict=True)),
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
