"""Enter a policy from before this service as history."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from retention import clock
from retention.actor import SYSTEM
from retention.errors import InvalidVersion
from retention.policies.recorded import record

LARGEST = 1024 * 1024


class Command(BaseCommand):
    """It binds nobody; it is shown with the policy versions, and never changed."""

    help = "Enter an earlier policy: FILE.md --label 'March 2024' --from 2024-03-01 --until …"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="its text, as Markdown in UTF-8")
        parser.add_argument("--label", required=True, help="what it is called, up to 64 characters")
        parser.add_argument("--from", dest="first", type=_day, required=True, help="first day")
        parser.add_argument("--until", type=_day, help="last day, if there was one")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            text = _text(options["file"])
            made = record(
                options["label"],
                text,
                valid_from=options["first"],
                valid_until=options["until"],
                by=SYSTEM,
                now=clock.now(),
            )
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{options['file']} cannot be read: {error}") from None
        except InvalidVersion:
            raise CommandError(
                "It was not recorded: the label is taken or has more than 64 characters, the text"
                " is empty, or its last day comes before the first."
            ) from None
        self.stdout.write(
            f"Recorded: {made.label}, {made.valid_from} to {made.valid_until or '–'}."
        )


def _text(file: Path) -> str:
    content = file.read_bytes()
    if len(content) > LARGEST or b"\0" in content:
        raise CommandError(f"{file} is no text of a policy.")
    return content.decode("utf-8-sig").replace("\r\n", "\n")


def _day(text: str) -> date:
    return date.fromisoformat(text)
