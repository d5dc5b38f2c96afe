"""`preflight`: style, types, migrations, system checks, imports, shape and docs."""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand

from compliance.devup.preflight import run


class Command(BaseCommand):
    help = "Checks the code before it is handed in. Exit code 1 and the names of what failed."
    requires_system_checks = ()

    def handle(self, *_args: Any, **_options: Any) -> None:
        sys.exit(run())
