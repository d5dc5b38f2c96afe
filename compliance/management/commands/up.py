"""`up` in the list of commands; `manage.py` starts it before Django is loaded."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from compliance.devup.state import State, default_folder
from compliance.devup.up import add_arguments, serve


class Command(BaseCommand):
    help = "Starts Sandglass with all it needs: database, broker, web server, worker and beat."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        add_arguments(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        state = State(options["state"] or default_folder())
        sys.exit(serve(state, port=options["port"], demo=options["demo"]))
