"""Replaces the vault's rolling copy. See retention/vault/copy.py for what it protects from."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from retention import clock
from retention.vault import copy
from retention.vault.errors import CopyRefused


class Command(BaseCommand):
    """`manage.py vault_copy [--to PATH] [--if-older SECONDS] [--same-disk]`."""

    help = "Replaces the one copy of the vault (VAULT_COPY) from which it can be restored."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to, and when not."""
        parser.add_argument("--to", type=Path, help="path of the copy; default: VAULT_COPY")
        parser.add_argument(
            "--if-older",
            type=int,
            default=0,
            metavar="SECONDS",
            help="only if the copy there is at least as old as this",
        )
        parser.add_argument(
            "--same-disk", action="store_true", help="allow a place beside the vault"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Copies, or says why not; exit 1 when refused."""
        try:
            replaced = copy.roll(
                now=clock.host_now(),
                to=options["to"],
                if_older=timedelta(seconds=options["if_older"]),
                same_disk=options["same_disk"],
            )
        except CopyRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(
            "The vault's copy was replaced."
            if replaced
            else "Nothing copied: the copy is young enough, or another process is copying."
        )
