"""Takes one returned mail from standard input: for the pipe of a mail server, or a mailbox."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.notices.errors import NotOurReturnPath
from compliance.notices.returned import Fate, receive
from retention import clock

LARGEST = 10 * 1024 * 1024
SAID = {
    Fate.HEARD: "Written down.",
    Fate.KNOWN: "Was known.",
    Fate.NO_REPORT: "No report about a mail: an answer, or an absence assistant. Nothing changed.",
}
# For the mail server: there is no such user here, the mail is too large.
NO_USER, BAD_MAIL = 67, 65


class Command(BaseCommand):
    """Reads it, matches it with what was sent, and draws the consequence."""

    help = "Take one returned mail (a delivery report) from standard input."

    def add_arguments(self, parser: CommandParser) -> None:
        """The envelope's recipient, which a mail server knows best."""
        parser.add_argument("--recipient", default="", help="as the mail server received it")

    def handle(self, *args: Any, **options: Any) -> None:
        """Exit 0: done, known, or no report; 67: not ours; 65: too large."""
        raw = sys.stdin.buffer.read(LARGEST + 1)
        if len(raw) > LARGEST:
            raise CommandError("The mail is larger than 10 MiB.", returncode=BAD_MAIL)
        try:
            fate = receive(raw, recipient=options["recipient"], now=clock.now())
        except NotOurReturnPath as error:
            raise CommandError(str(error), returncode=NO_USER) from None
        self.stdout.write(SAID[fate])
