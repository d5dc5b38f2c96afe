"""`end_sessions`: sign somebody, or everybody, out everywhere."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from compliance.people import guests
from compliance.people.models import User
from compliance.people.sessions import end_all


class Command(BaseCommand):
    help = "Ends all sessions of the logins with these addresses, or of everybody."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email", nargs="*", help="whose")
        parser.add_argument("--all", action="store_true", help="everybody's")

    def handle(self, *_args: Any, **options: Any) -> None:
        emails = {email.strip().lower() for email in options["email"]}
        if bool(emails) == options["all"]:
            raise CommandError("Say whose, by e-mail address, or --all.")
        users = User.objects.all()
        if emails:
            users = users.filter(email__in=emails)
            if users.count() < len(emails):
                raise CommandError("There is no login with one of these addresses: none was ended.")
        ended = end_all(users) + (guests.end_all() if options["all"] else 0)
        self.stdout.write(f"Sessions ended: {ended}.")
