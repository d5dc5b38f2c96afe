"""What `manage.py` does with its first word. Django comes last, when the requirements are there."""

from __future__ import annotations

import os
import secrets
from collections.abc import MutableMapping
from pathlib import Path

from compliance.devup.bootstrap import ensure, importable
from compliance.devup.console import Refused, complain
from compliance.devup.state import State, default_folder, ensure_keys

NEED_TEST_REQUIREMENTS = {"test", "preflight"}
# These look at files only: no reason to start a server or to make a state.
NEED_NO_SERVERS = {
    *("help", "version", "diffsettings", "startapp", "compilemessages", "makemessages"),
    *("collectstatic", "findstatic", "spectacular"),
    # It makes servers of its own and must not touch these.
    "bench",
}
HELP = {"-h", "--help", "--version"}


def main(argv: list[str]) -> int:
    """Runs one command and gives its exit code; refusals are one message, never a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "compliance.project.settings")
    command = argv[1] if len(argv) > 1 else "help"
    try:
        ensure(argv, tests=command in NEED_TEST_REQUIREMENTS)
        return _run(command, argv)
    except Refused as refusal:
        complain(f"{Path(argv[0]).name} {command}: {refusal}")
        return 1
    except KeyboardInterrupt:
        return 130


def _run(command: str, argv: list[str]) -> int:
    if command == "up":
        from compliance.devup.up import main as up

        return up(argv[2:])
    if command == "test":
        if not importable("pytest"):
            raise Refused("pytest is not installed here: pip install -r requirements-test.txt")
        from compliance.devup.testing import main as test

        return test(argv[2:])
    if command in NEED_NO_SERVERS or HELP & set(argv[1:]):
        pretend_servers(os.environ)
        return _django(argv)
    return _with_servers(argv)


def _with_servers(argv: list[str]) -> int:
    state = State(default_folder())
    os.environ["STATE_DIR"] = str(state.folder)
    if os.environ.get("DATABASE_URL") and os.environ.get("BROKER_URL"):
        return _django(argv)
    from compliance.devup.borrow import borrowed

    state.make()
    ensure_keys(state, os.environ)
    with borrowed(state, os.environ):
        return _django(argv)


def pretend_servers(environment: MutableMapping[str, str]) -> None:
    """Settings want an address and a secret even where nothing will be connected or signed."""
    if not environment.get("DATABASE_URL"):
        environment["DATABASE_URL"] = "postgresql://nobody@localhost:1/none"
    if not environment.get("SECRET_KEY_FILE") and not environment.get("SECRET_KEY"):
        environment["SECRET_KEY"] = secrets.token_urlsafe(50)


def _django(argv: list[str]) -> int:
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(argv)
    except ImproperlyConfigured as error:
        raise Refused(str(error)) from None
    except SystemExit as ending:
        if ending.code is None or isinstance(ending.code, int):
            return ending.code or 0
        complain(str(ending.code))
        return 1
    return 0
