"""What `up` does inside Django before it serves, as a child: one JSON object a line tells how far.

`python -m compliance.devup.prepare migrate [--demo]` brings both databases up to date;
`… fill [--demo]` makes the demonstration data and, once, the administrator.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
from pathlib import Path

import django

from compliance.devup.console import Refused

ADMINISTRATOR = "admin@localhost"


def main(arguments: list[str]) -> int:
    """Runs one step; 1 and the reason when it was refused."""
    step, demo = arguments[0], "--demo" in arguments
    django.setup()
    try:
        if step == "migrate":
            migrate(demo=demo)
        else:
            fill(demo=demo)
    except Refused as refusal:
        tell(refused=str(refusal))
        return 1
    return 0


def tell(**facts: object) -> None:
    print(json.dumps(facts), flush=True)


def migrate(*, demo: bool) -> None:
    """Brings the vault and then the database to the newest form; marks a new demo state."""
    from django.core.management import call_command

    for alias in ("vault", "default"):
        call_command("migrate", database=alias, verbosity=0, interactive=False)
    _refuse_a_lost_vault()
    if demo:
        _mark_demo()


def _refuse_a_lost_vault() -> None:
    from retention.checks import vault_is_lost

    if vault_is_lost():
        raise Refused(
            "The database holds records, but the vault holds no keys: it was lost or replaced. "
            "Put the vault, or its rolling copy, back before starting."
        )


def _mark_demo() -> None:
    """The mark allows the clock to be moved, so it is never put on a database that is in use."""
    from django.apps import apps

    mark = Path(os.environ["STATE_DIR"]) / "demo"
    if mark.exists():
        return
    if apps.get_model("compliance", "Customer").objects.exists():
        raise Refused(
            "--demo was given, but the database holds customers that are not of a "
            "demonstration. Start without --demo, or choose another --state."
        )
    mark.touch(mode=0o600)


def fill(*, demo: bool) -> None:
    """Makes what a first visit needs. Calling it again changes nothing."""
    if demo:
        from compliance.devup.seed import seed

        seed(progress=lambda text: tell(progress=str(text)))
    password = make_administrator()
    if password:
        tell(administrator=ADMINISTRATOR, password=password)


def make_administrator() -> str | None:
    """The password of a new administrator; None when there is one already."""
    from compliance.people.models import User

    users = User.objects
    if users.filter(email=ADMINISTRATOR).exists() or (
        users.filter(is_superuser=True, is_active=True).exists()
    ):
        return None
    password = secrets.token_urlsafe(15)
    users.create_superuser(email=ADMINISTRATOR, password=password, password_is_initial=True)
    return password


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
