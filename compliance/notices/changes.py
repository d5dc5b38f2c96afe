"""What changes between two versions for one customer, in words. Pure: values in, sentences out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from textwrap import fill

from retention.policies.models import CLASSES
from retention.policies.rules import DataClass, Period, Rules

NAMES: Mapping[str, str] = dict(CLASSES)
# Four years with a leap day: months have every length there is, in every order.
SAMPLE = [date(2023, 3, 1) + timedelta(days=day) for day in range(4 * 365 + 1)]
WIDTH = 76
TEXTS = {
    "purpose": "What it is kept for",
    "exceptions": "Exceptions",
    "places": "Where it is kept",
}


class Way(StrEnum):
    """Which way a change goes, for the customer's data."""

    LESS = "less"
    MORE = "more"
    BOTH = "both"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Side:
    """One version as far as customers are told of it."""

    rules: Rules
    context_lines: int = 0
    whole_files: bool = False
    purpose: str = ""
    exceptions: str = ""
    places: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that changes. `means`: what follows from it, in a sentence."""

    name: str
    before: str
    after: str
    way: Way = Way.BOTH
    means: str = ""
    # Sentences rather than numbers: one below the other, not in a line.
    long: bool = False

    @property
    def line(self) -> str:
        """As `AI responses: 6 months → 90 days`."""
        return f"{self.name}: {self.before} → {self.after}"


def line_for(change: Change, effective_on: date) -> str:
    """As `AI responses: 6 months → 90 days, from 3 Jan 2027 for you`."""
    return f"{change.line}, from {day(effective_on)} for you"


def paragraph(change: Change, effective_on: date) -> str:
    """The same for a letter in plain text, with what it means."""
    lines = [f"* {line_for(change, effective_on)}"]
    if change.long:
        lines = [f"* {change.name}", f"Until then: {change.before}"]
        lines += [f"From {day(effective_on)}: {change.after}"]
    lines += [change.means] * bool(change.means)
    first, *rest = lines
    wrapped = [fill(first, WIDTH, subsequent_indent="  ")]
    wrapped += [fill(line, WIDTH, initial_indent="  ", subsequent_indent="  ") for line in rest]
    return "\n".join(wrapped)


def changes(old: Side, new: Side, *, stricter: Rules | None = None) -> list[Change]:
    """What is different, periods first. `stricter`: what the customer chose for itself, which wins
    over both; a period that it hides does not change for this customer.
    """
    return [*_periods(old.rules, new.rules, stricter or Rules({})), *_scope(old, new)]


def hidden(old: Side, new: Side, *, stricter: Rules) -> list[Change]:
    """Periods that change for others and not for this customer, which has chosen less."""
    seen = {change.name for change in _periods(old.rules, new.rules, stricter)}
    return [c for c in _periods(old.rules, new.rules, Rules({})) if c.name not in seen]


def _periods(old: Rules, new: Rules, stricter: Rules) -> Iterator[Change]:
    for data_class in DataClass:
        before, after = old.periods.get(data_class), new.periods.get(data_class)
        own = stricter.periods.get(data_class)
        before, after = _shorter(before, own), _shorter(after, own)
        if before == after or before is None or after is None:
            continue
        name, to = NAMES[data_class.value], way(before, after)
        yield Change(_capital(name), length(before), length(after), to, _means(name, to, after))


def periods(rules: Rules, stricter: Rules) -> list[str]:
    """How long each kind of data is kept, as `AI responses: 6 months`."""
    kept = {c: _shorter(rules.periods.get(c), stricter.periods.get(c)) for c in DataClass}
    return [f"{_capital(NAMES[c.value])}: {length(p)}" for c, p in kept.items() if p]


def _shorter(period: Period | None, own: Period | None) -> Period | None:
    if period is None or own is None:
        return period or own
    return own if way(period, own) is Way.LESS else period


def _means(name: str, to: Way, after: Period) -> str:
    number = length(after)
    if to is Way.LESS:
        return (
            f"From that day on we delete {name} {number} after the day of the call. That goes for"
            " what is kept already, too: whatever is older by then is deleted on that day."
        )
    if to is Way.MORE:
        return (
            f"Only {name} of calls from that day on are kept longer."
            " What is kept already is deleted on the date that was promised for it."
        )
    return "For each item the earlier of both deletion dates counts, as long as both apply."


def _scope(old: Side, new: Side) -> Iterator[Change]:
    if old.context_lines != new.context_lines:
        way_to = Way.LESS if new.context_lines < old.context_lines else Way.MORE
        yield Change(
            "Lines of code around a finding",
            f"at most {old.context_lines}",
            f"at most {new.context_lines}",
            way_to,
            "This is how many lines before and after a finding may be sent to the AI vendor.",
        )
    if old.whole_files != new.whole_files:
        words = {True: "may be sent", False: "are not sent"}
        way_to = Way.MORE if new.whole_files else Way.LESS
        yield Change("Whole files", words[old.whole_files], words[new.whole_files], way_to)
    for field, name in TEXTS.items():
        before, after = getattr(old, field), getattr(new, field)
        if before.split() != after.split():
            was, then = (text.strip() or "not stated" for text in (before, after))
            yield Change(name, was, then, long=True)


@cache
def way(before: Period, after: Period) -> Way:
    """Whether the second period ends earlier or later, whatever the day it is counted from."""
    ends = [(before.end(first), after.end(first)) for first in SAMPLE]
    earlier = any(then < was for was, then in ends)
    later = any(then > was for was, then in ends)
    if not earlier and not later:
        return _by_delivery(before, after)
    return Way.BOTH if earlier and later else Way.LESS if earlier else Way.MORE


def _by_delivery(before: Period, after: Period) -> Way:
    if before.or_when_delivered == after.or_when_delivered:
        return Way.SAME
    return Way.LESS if after.or_when_delivered else Way.MORE


def length(period: Period) -> str:
    """As `6 months` or `1 day, or until returned`."""
    number, unit = (period.months, "month") if period.months else (period.days, "day")
    plural = "" if number == 1 else "s"
    return f"{number} {unit}{plural}" + ", or until returned" * period.or_when_delivered


def day(value: date) -> str:
    """As `3 Jan 2027`."""
    return f"{value.day} {value:%b %Y}"


def _capital(name: str) -> str:
    return name[0].upper() + name[1:]
