"""How the administration pages say things: dates with their zone, kinds of data in plain words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime

from retention.policies.models import CLASSES, PolicyPeriod

KINDS_OF_DATA: Mapping[str, str] = dict(CLASSES)
NOTHING = "–"


def day(value: date | None) -> str:
    """A UTC date, as `22 Nov 2026`; its spaces do not break, so that it stays in one line."""
    return f"{value.day}\u00a0{value:%b\u00a0%Y}" if value else NOTHING


def deletion_date(value: date | None) -> str:
    """The instant from which nothing is readable: a date alone would leave it open."""
    return f"{day(value)}, 00:00\u00a0UTC" if value else NOTHING


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
            yield f"{number:,} {plural}"


def length(period: PolicyPeriod) -> str:
    """How long a kind of data is kept, as `6 months` or `1 day, or until returned`."""
    number, unit = (period.months, "month") if period.months else (period.days, "day")
    plural = "" if number == 1 else "s"
    return f"{number} {unit}{plural}" + ", or until returned" * period.or_when_delivered
