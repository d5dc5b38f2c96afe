"""`bench`: the project's own benchmarks, on stores of their own."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.bench import NAMES
from compliance.bench.report import lines
from compliance.bench.runner import run
from compliance.devup.console import Refused


class Command(BaseCommand):
    help = (
        "Measures this machine: ingest, purge, cells, reading, pages, or all of them. Uses stores"
        " of its own, never yours. Exit code 0 says that it was measured, not that targets were"
        " met."
    )
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="+", choices=[*NAMES, "all"], metavar="NAME")
        parser.add_argument("--json", action="store_true", help="one JSON object a benchmark")
        parser.add_argument(
            "--scale", type=float, default=1.0, help="less work than 1 for a quick look (1)"
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        names = NAMES if "all" in options["names"] else options["names"]
        if not 0 < options["scale"] <= 10:
            raise CommandError("--scale must be above 0 and at most 10.")
        try:
            for report in run(names, scale=options["scale"], progress=self.progress):
                if options["json"]:
                    self.stdout.write(json.dumps(report))
                else:
                    self.stdout.write("\n".join(lines(report)))
                self.stdout.flush()
        except Refused as refusal:
            raise CommandError(str(refusal)) from None

    def progress(self, text: str) -> None:
        """Beside the figures, which others may read from standard output."""
        sys.stderr.write(f"  {text}\n")
