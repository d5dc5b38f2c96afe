"""Take customers in from a list."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.arrival.complaints import sentence, summary
from compliance.arrival.errors import Unreadable
from compliance.arrival.plan import plan
from compliance.arrival.read import read
from compliance.arrival.take_in import take_in
from retention import clock
from retention.actor import SYSTEM
from retention.errors import NoSuchPolicy


class Command(BaseCommand):
    """Names every line that it refuses; takes every other one in; a second run makes nothing twice.

    Ends with 1 when a line was refused.
    """

    help = "Take customers in from a CSV file. --dry-run says what would happen."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="a CSV file; docs/arrival.md has its columns")
        parser.add_argument("--dry-run", action="store_true", help="change nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = options["file"].read_bytes()
            planned = plan(read(content), today=clock.today())
        except (OSError, Unreadable) as error:
            raise CommandError(str(error)) from None
        problems = list(planned.problems)
        for problem in problems:
            self.stdout.write(sentence(problem))
        for note in planned.notes:
            self.stdout.write(f"Note: {sentence(note)}")
        for line in summary(planned):
            self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write("Nothing was changed: this was a dry run.")
        else:
            problems += self._taken_in(planned)
        if problems:
            raise SystemExit(1)

    def _taken_in(self, planned: Any) -> list[Any]:
        try:
            result = take_in(planned, by=SYSTEM, now=clock.now())
        except NoSuchPolicy as error:
            raise CommandError(str(error)) from None
        for problem in result.problems:
            self.stdout.write(sentence(problem))
        self.stdout.write(
            f"Done: {result.made:,} customers made, {result.added_to:,} got what they lacked."
        )
        return result.problems
