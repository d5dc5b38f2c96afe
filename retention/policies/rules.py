"""When a record must be gone: pure functions of dates.

The rules are the promise itself: the shortest applicable period wins, months are calendar months
added once to the clock day and clamped to the month's end, and six months are a ceiling.
Nothing here reads a clock, a database or a setting.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

CEILING_MONTHS = 6
SHORTEST_RETAIN_DAYS, LONGEST_RETAIN_DAYS = 1, 184


class DataClass(StrEnum):
    """What kind of content a record holds."""

    # As a key of dictionaries it is asked for with every record; Enum's own is written in Python.
    __hash__ = str.__hash__

    PROMPT = "prompt"
    SNIPPET = "snippet"
    RESPONSE = "response"
    EVALUATION = "evaluation"


class Profile(StrEnum):
    """A stricter choice that a customer made."""

    STANDARD = "standard"
    MINIMAL = "minimal"


def add_months(day: date, months: int) -> date:
    """The same day of the month `months` later, clamped to that month's last day."""
    years, month0 = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month0 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


@dataclass(frozen=True, slots=True)
class Period:
    """How long a class is kept: calendar months or days, exactly one of them, never nothing.

    `or_when_delivered` ends it earlier, when the result was returned (snippets only).
    """

    months: int | None = None
    days: int | None = None
    or_when_delivered: bool = False

    def __post_init__(self) -> None:
        if (self.months is None) == (self.days is None):
            raise ValueError("A period is either months or days.")
        if (self.months or self.days or 0) < 1:
            raise ValueError("A period is at least one day or one month.")

    def end(self, clock_day: date) -> date:
        """The first UTC day on which the content must be unreadable."""
        if self.months is not None:
            return add_months(clock_day, self.months)
        return clock_day + timedelta(days=self.days or 0)


@dataclass(frozen=True, slots=True)
class Rules:
    """What one policy version or profile says about each class. A class it does not name is free.

    `from_first_day`: classes that end at once for clock days before the span's first day
    (content which a profile stores no longer).
    """

    periods: Mapping[DataClass, Period]
    from_first_day: frozenset[DataClass] = field(default=frozenset())


# The promise: prompts, responses and evaluations 6 months, snippets a day or when delivered.
STANDARD_RULES = Rules(
    {
        DataClass.PROMPT: Period(months=6),
        DataClass.SNIPPET: Period(days=1, or_when_delivered=True),
        DataClass.RESPONSE: Period(months=6),
        DataClass.EVALUATION: Period(months=6),
    }
)

# Keep as little as possible: prompts without text, snippets not at all, the rest 30 days.
MINIMAL_RULES = Rules(
    {
        DataClass.PROMPT: Period(days=30),
        DataClass.SNIPPET: Period(days=1, or_when_delivered=True),
        DataClass.RESPONSE: Period(days=30),
        DataClass.EVALUATION: Period(days=30),
    },
    from_first_day=frozenset({DataClass.PROMPT, DataClass.SNIPPET}),
)


@dataclass(frozen=True, slots=True)
class Span:
    """Rules that are in force for a customer from `first_day` to `last_day` (None: still)."""

    first_day: date
    last_day: date | None
    rules: Rules

    def touches(self, first: date, last: date) -> bool:
        """True if any day from `first` to `last` lies in this span; a span may have no day."""
        return max(first, self.first_day) <= min(last, self.last_day or last)

    def end(self, clock_day: date, data_class: DataClass) -> date | None:
        """What this span alone says, or None if it says nothing about the class."""
        period = self.rules.periods.get(data_class)
        if period is None:
            return None
        if data_class in self.rules.from_first_day and clock_day < self.first_day:
            return min(period.end(clock_day), max(clock_day, self.first_day))
        return period.end(clock_day)


def ceiling(clock_day: date) -> date:
    """The first day on which nothing of `clock_day` may be readable, whatever any version says."""
    return add_months(clock_day, CEILING_MONTHS)


def expires_on(
    *,
    clock_day: date,
    data_class: DataClass,
    retain_days: int,
    spans: Sequence[Span],
    today: date,
) -> date:
    """The first UTC day on which a record must be unreadable.

    The smallest over the ceiling, `retain_days` (0: none sent) and every span in force on any day
    from `clock_day` to `today`. So a shorter rule reaches old records, a longer one binds only
    clock days from its first day on.
    """
    ends = [ceiling(clock_day)]
    if retain_days:
        ends.append(clock_day + timedelta(days=retain_days))
    ends += [
        end
        for span in spans
        if span.touches(clock_day, max(clock_day, today))
        and (end := span.end(clock_day, data_class)) is not None
    ]
    return min(ends)


def earliest_accepted(today: date) -> date:
    """The oldest clock day that the ceiling still accepts on `today`."""
    day = add_months(today, -CEILING_MONTHS) - timedelta(days=3)
    while ceiling(day) <= today:
        day += timedelta(days=1)
    return day


def in_force(spans: Iterable[Span], on: date) -> Span | None:
    """The span that is in force on a day: of several, the one that began last."""
    candidates = [span for span in spans if span.touches(on, on)]
    return max(candidates, key=lambda span: span.first_day, default=None)
