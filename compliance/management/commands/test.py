"""`test` in the list of commands: pytest, not Django's runner. `manage.py` starts it itself."""

from __future__ import annotations

import sys

from django.core.management.base import BaseCommand

from compliance.devup.testing import main


class Command(BaseCommand):
    help = "Runs the whole suite against servers and a state of its own: test [pytest arguments]."
    requires_system_checks = ()

    def run_from_argv(self, argv: list[str]) -> None:
        sys.exit(main(argv[2:]))
