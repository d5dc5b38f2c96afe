"""Move the demonstration's clock, so that expiry can be watched."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from retention import clock
from retention.errors import ClockRefused
from retention.expiry import partitions

LAST_YEAR = 2400


class Command(BaseCommand):
    """Forward only, demonstration states only. Makes the days' partitions before it returns."""

    help = "Move the demonstration clock forward: --to 2027-05-22 or --advance 30d."

    def add_arguments(self, parser: CommandParser) -> None:
        how = parser.add_mutually_exclusive_group(required=True)
        how.add_argument("--to", type=_day, help="a day, from 00:00 UTC")
        how.add_argument("--advance", type=_interval, help="an interval: 12h, 30d, 2w")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            _refuse_far_away(options["to"], options["advance"])
            now = clock.advance(to=options["to"], by=options["advance"])
        except ClockRefused as error:
            raise CommandError(str(error)) from None
        made = partitions.ensure(now.date())
        self.stdout.write(
            f"The demonstration's time is {now:%d %b %Y, %H:%M} UTC; {made} days made."
        )


def _refuse_far_away(to: date | None, by: timedelta | None) -> None:
    """There is no way back: a slip of the finger must not leave the calendar."""
    if (to or (clock.now() + (by or timedelta())).date()).year > LAST_YEAR:
        raise ClockRefused(f"The demonstration ends with the year {LAST_YEAR}.")


def _day(text: str) -> date:
    return date.fromisoformat(text)


def _interval(text: str) -> timedelta:
    match = re.fullmatch(r"(\d{1,5})([hdw])", text)
    if not match:
        raise ValueError(text)
    unit = {"h": "hours", "d": "days", "w": "weeks"}[match[2]]
    return timedelta(**{unit: int(match[1])})
