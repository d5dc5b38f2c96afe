"""What the environment says, refused when it is odd.

Everything that runs keeps its state under `STATE_DIR`; the rest has a place there by default.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

BOOLEANS = {"true": True, "false": False}
SHORTEST_SECRET = 32


def text(name: str, default: str | None = None) -> str:
    """The variable as it is; without a default it must be set."""
    value = os.environ.get(name, default)
    if value is None or value == "":
        if default is not None:
            return default
        raise ImproperlyConfigured(f"{name} is not set. Set it, or start with manage.py up.")
    return value


def flag(name: str, default: bool) -> bool:
    """`true` or `false`; any other spelling stops the process."""
    value = os.environ.get(name, "")
    if not value:
        return default
    if value not in BOOLEANS:
        raise ImproperlyConfigured(f"{name} is {value!r}: write true or false.")
    return BOOLEANS[value]


def number(name: str, default: int) -> int:
    """A whole number, zero or more."""
    value = os.environ.get(name) or str(default)
    if not value.isdecimal():
        raise ImproperlyConfigured(f"{name} is {value!r}: write a whole number.")
    return int(value)


def path(name: str, default: Path) -> Path:
    """A path, absolute from here on."""
    return Path(os.environ.get(name) or default).expanduser().absolute()


def names(name: str, default: str) -> list[str]:
    """A list, separated by commas."""
    return [part.strip() for part in text(name, default).split(",") if part.strip()]


def address(name: str, value: str, parse: Callable[[str], Any], *, example: str) -> dict[str, Any]:
    """An address as the settings it stands for. A refusal never repeats it: it may hold a password.

    `example` shows how it is written.
    """
    try:
        with warnings.catch_warnings(action="error"):
            return dict(parse(value))
    except Exception:
        raise ImproperlyConfigured(f"{name} cannot be read: write it as {example}") from None


def secret(name: str, default_file: Path | None) -> str:
    """The secret itself in `NAME`, or a file that holds it in `NAME_FILE`.

    Without a default file it may be left out, and is empty then.
    """
    if value := os.environ.get(name):
        return _long_enough(name, value)
    if default_file is None and not os.environ.get(f"{name}_FILE"):
        return ""
    file = path(f"{name}_FILE", default_file or Path())
    try:
        value = file.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"No {name}: set {name} or {name}_FILE, or start with manage.py up, "
            f"which makes one ({error.strerror}: {file})."
        ) from None
    return _long_enough(name, value)


def _long_enough(name: str, value: str) -> str:
    if len(value) < SHORTEST_SECRET:
        raise ImproperlyConfigured(
            f"{name} is shorter than {SHORTEST_SECRET} characters: make a new one."
        )
    return value
