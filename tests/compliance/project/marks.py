"""Words that occur nowhere else, one for each place that content or a person could come from."""

from __future__ import annotations

import re

FOUND = re.compile(r"zqx(\w+?)xqz")


def mark(place: str) -> str:
    """The word for a place, such as `text` or `mail`."""
    return f"zqx{place}xqz"


def marks_in(text: str) -> set[str]:
    """The places whose words occur in a text."""
    return set(FOUND.findall(text))
