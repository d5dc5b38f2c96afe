"""The policy as one customer has it: what is kept for how long, what comes, what was. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import pairwise

from compliance.notices import changes
from compliance.notices.changes import Change
from compliance.notices.words import side
from retention.policies.history import Binding, Standing
from retention.policies.models import CLASSES
from retention.policies.queries import PROFILE_RULES, Terms
from retention.policies.rules import DataClass, Profile, Rules, Span, expires_on, in_force

NOT_KEPT = {
    DataClass.PROMPT: "places and sizes only, without text",
    DataClass.SNIPPET: "not kept at all",
}


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of data: how long it is kept, and when an item of today goes."""

    name: str
    kept: str
    goes_on: date | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """A version that binds or bound the customer, with what it changed."""

    binding: Binding
    changes: Sequence[Change]


@dataclass(frozen=True, slots=True)
class Now:
    """Everything that the pages say of today and of what is to come."""

    rows: Sequence[Row]
    profile: Profile
    coming_profile: tuple[Profile, date] | None
    in_force: Binding | None
    pending: Binding | None
    coming: Sequence[Change]
    history: Sequence[Past]
    stays: bool


def now(known: Sequence[Binding], terms: Terms, *, today: date) -> Now:
    """`known`: the customer's versions, the newest first."""
    profile = profile_on(terms, today)
    staying = [span.rules for span, _ in terms.stays if span.touches(today, today)]
    bound = next((found for found in known if found.standing is Standing.IN_FORCE), None)
    pending = next((found for found in reversed(known) if found.standing is Standing.PENDING), None)
    return Now(
        rows=_rows(bound, profile, staying, terms.spans(), today) if bound else [],
        profile=profile,
        coming_profile=_coming(terms, today),
        in_force=bound,
        pending=pending,
        coming=_between(bound, pending, profile) if bound and pending else [],
        history=_history(known),
        stays=bool(staying),
    )


def profile_on(terms: Terms, day: date) -> Profile:
    """What applies on that day, which may not be what was chosen last."""
    span = in_force([span for span, _ in terms.profiles], day)
    return next((name for found, name in terms.profiles if found is span), Profile.STANDARD)


def _coming(terms: Terms, today: date) -> tuple[Profile, date] | None:
    ahead = [(name, span.first_day) for span, name in terms.profiles if span.first_day > today]
    return ahead[-1] if ahead else None


def _rows(
    bound: Binding, profile: Profile, staying: Iterable[Rules], spans: list[Span], today: date
) -> list[Row]:
    shortest = _shortest([bound.version.rules(), PROFILE_RULES[profile], *staying])
    minimal = profile is Profile.MINIMAL
    return [
        _row(data_class, name, shortest, NOT_KEPT if minimal else {}, spans, today)
        for data_class, name in ((DataClass(value), name) for value, name in CLASSES)
        if data_class in shortest.periods
    ]


def _row(
    data_class: DataClass,
    name: str,
    rules: Rules,
    notes: dict[DataClass, str],
    spans: list[Span],
    today: date,
) -> Row:
    note = notes.get(data_class, "")
    kept = changes.length(rules.periods[data_class])
    if note and data_class is DataClass.SNIPPET:
        return Row(_capital(name), note, None)
    goes = expires_on(
        clock_day=today, data_class=data_class, retain_days=0, spans=spans, today=today
    )
    return Row(_capital(name), kept, goes, note)


def _shortest(all_of: Sequence[Rules]) -> Rules:
    """For each kind of data the period that ends first."""
    periods = dict(all_of[0].periods)
    for rules in all_of[1:]:
        for data_class, period in rules.periods.items():
            before = periods.get(data_class)
            if before is None or changes.way(before, period) is changes.Way.LESS:
                periods[data_class] = period
    return Rules(periods)


def _between(before: Binding, after: Binding, profile: Profile) -> list[Change]:
    own = PROFILE_RULES[profile]
    return changes.changes(side(before.version), side(after.version), stricter=own)


def _history(known: Sequence[Binding]) -> list[Past]:
    """Each with what it changed against the one before; the first one changed nothing."""
    found = [
        Past(after, _between(before, after, Profile.STANDARD)) for after, before in pairwise(known)
    ]
    return [*found, *(Past(first, []) for first in known[-1:])]


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
