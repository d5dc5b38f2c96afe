"""Apply what `retention_plan` shows."""

from __future__ import annotations

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from retention import clock
from retention.actor import SYSTEM
from retention.errors import ClockSuspect
from retention.expiry import guard, queries
from retention.expiry.sweep import sweep


class Command(BaseCommand):
    """One deletion run, now. The worker does the same every minute."""

    help = "Destroy what is due now. Exit code 1 when anything is blocked, waiting or refused."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="as JSON")
        parser.add_argument(
            "--confirm-clock",
            action="store_true",
            help="vouch for the host's time after an alarm, then run",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["confirm_clock"]:
            guard.confirm(by=SYSTEM, now=clock.now())
        try:
            report = sweep()
        except ClockSuspect as error:
            raise CommandError(str(error)) from None
        if options["json"]:
            self.stdout.write(json.dumps(report.as_dict()))
        else:
            for name, value in report.as_dict().items():
                self.stdout.write(f"{name.replace('_', ' '):14} {value}")
        if report.blocked or report.waiting or queries.overdue(clock.today()):
            raise CommandError("Something that is due could not go: see retention_plan.")
