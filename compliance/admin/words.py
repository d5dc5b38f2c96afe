"""How the administration pages say things: dates with their zone, kinds of data in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta

from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance.customers.models import ApiKey
from retention.policies.models import CLASSES, PolicyPeriod
from retention.records.models import Cell

KINDS_OF_DATA: Mapping[str, str] = dict(CLASSES)
STATES: Mapping[str, str] = {
    Cell.State.OPEN: "kept",
    Cell.State.SEALED: "closed",
    Cell.State.PURGING: "being deleted",
    Cell.State.SHREDDED: "keys destroyed",
    Cell.State.PURGED: "deleted",
}
NOTHING = "–"


def day(value: date | None) -> str:
    """A UTC date, as `22 Nov 2026`; its spaces do not break, so that it stays in one line."""
    return f"{value.day}\u00a0{value:%b\u00a0%Y}" if value else NOTHING


def deletion_date(value: date | None) -> str:
    """The instant from which nothing is readable: a date alone would leave it open."""
    return f"{day(value)}, 00:00\u00a0UTC" if value else NOTHING


def deletion_dates(values: Iterable[date]) -> str:
    """One after the other, if there are several: from each on, something was not given out."""
    return " · ".join(deletion_date(value) for value in sorted(set(values))) or NOTHING


def instant(value: datetime | None) -> str:
    """A moment to the minute, with its zone."""
    if value is None:
        return NOTHING
    value = value.astimezone(UTC)
    return f"{day(value.date())}, {value:%H:%M}\u00a0UTC"


def kind_of_data(data_class: str) -> str:
    """The plain word for a data class."""
    return KINDS_OF_DATA.get(data_class, data_class)


def counts(by_class: Mapping[str, int]) -> str:
    """Numbers by kind of data, as `40 prompts, 12 AI responses`."""
    return ", ".join(_counts(by_class)) or NOTHING


def _counts(by_class: Mapping[str, int]) -> Iterable[str]:
    for data_class, plural in KINDS_OF_DATA.items():
        if number := by_class.get(data_class):
            yield f"{number:,} {plural.removesuffix('s') if number == 1 else plural}"


def length(period: PolicyPeriod) -> str:
    """How long a kind of data is kept, as `6 months` or `1 day, or until returned`."""
    number, unit = (period.months, "month") if period.months else (period.days, "day")
    plural = "" if number == 1 else "s"
    return f"{number} {unit}{plural}" + ", or until returned" * period.or_when_delivered


def group(cell: Cell, customer: str | None) -> str:
    """A day group as people say it: `22 Nov 2026, AI responses, Acme`."""
    kind = kind_of_data(cell.data_class)
    return f"{day(cell.clock_day)}, {kind}, {customer or 'unknown customer'}"


def pill(text: str, tone: str) -> SafeString:
    """A state with its colour; the text alone says it too. `tone`: good, warn, bad or quiet."""
    return format_html('<span class="status is-{}">{}</span>', tone, text)


def condition(cell: Cell, today: date) -> SafeString:
    """Where a day group is in its life; from its date on it is unreadable, run or no run."""
    if cell.state == Cell.State.PURGED:
        return pill(STATES[cell.state], "quiet")
    if cell.blocked:
        return pill(f"{STATES[cell.state]}, deletion blocked", "bad")
    if cell.expires_on > today:
        return pill(STATES[cell.state], "good")
    if cell.shredded_at:
        return pill(STATES[cell.state], "quiet")
    return pill(f"unreadable since {day(cell.expires_on)}, deletion due", "warn")


def lag(length: timedelta) -> str:
    """How long after its time something came, as `3 minutes` or `2 hours`."""
    seconds = int(length.total_seconds())
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if (number := seconds // size) >= 1:
            return f"{number:,} {unit}" + "s" * (number != 1)
    return "less than a minute"


def fact(value: object) -> str:
    """A fact of the activity log in one line, lists and pairs with commas between."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {fact(item)}" for name, item in value.items())
    if isinstance(value, list):
        return ", ".join(map(fact, value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    return NOTHING if value is None else str(value)


def since(end: datetime | None, before: str, after: str) -> SafeString:
    """`valid`, or `revoked since …`."""
    return pill(before, "good") if end is None else pill(f"{after} {instant(end)}", "quiet")


def may(key: ApiKey) -> str:
    """What a key is for: send, read, or both."""
    return " and ".join(["send"] * key.may_ingest + ["read"] * key.may_read)
