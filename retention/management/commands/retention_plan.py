"""What is due, blocked and why."""

from __future__ import annotations

import json
import re
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from retention import clock
from retention.expiry.plan import PlanLine, plan


class Command(BaseCommand):
    """Prints what the next deletion run would destroy; changes nothing."""

    help = "What is due for deletion, what is blocked and why. Changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON")
        parser.add_argument("--ahead", type=_days, default=0, help="also what is due within N days")

    def handle(self, *args: Any, **options: Any) -> None:
        today = clock.today()
        lines = plan(today, days_ahead=options["ahead"])
        if options["json"]:
            self.stdout.write(
                json.dumps({"today": today.isoformat(), "plan": [line.as_dict() for line in lines]})
            )
            return
        for line in lines:
            self.stdout.write(_sentence(line))
        due = [line for line in lines if line.what == "due"]
        self.stdout.write(
            f"{today:%d %b %Y}, UTC: {sum(line.cells for line in due)} cells with"
            f" {sum(line.records for line in due)} records are due,"
            f" {sum(line.cells for line in lines if line.what == 'blocked')} cells are blocked."
        )


def _days(text: str) -> int:
    if not re.fullmatch(r"\d{1,4}", text):
        raise ValueError(text)
    return int(text)


def _sentence(line: PlanLine) -> str:
    why = f" ({line.why})" if line.why else ""
    return (
        f"{line.what:8}{why} {line.clock_day:%d %b %Y} {line.data_class:10} {line.state:9}"
        f" expires {line.expires_on:%d %b %Y}: {line.cells} cells, {line.records} records"
    )
