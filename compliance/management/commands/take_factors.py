"""`take_factors`: let somebody who lost phone, keys and recovery codes set up new ones."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.people.errors import NoSecondFactor
from compliance.people.factors import take_away
from compliance.people.models import User
from retention import clock
from retention.actor import SYSTEM


class Command(BaseCommand):
    help = "Takes the second factors of a login away, for when no administrator can sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", help="whose")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(email=options["email"].strip().lower()).first()
        if user is None:
            raise CommandError("There is no login with this address: nothing was done.")
        try:
            taken = take_away(user, by=SYSTEM, now=clock.now())
        except NoSecondFactor as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Second factors taken away: {taken}. All sessions were ended.")
