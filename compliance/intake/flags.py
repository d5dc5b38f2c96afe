"""What can be noted about an exchange that was stored all the same; lists can be narrowed to it."""

from __future__ import annotations

from enum import StrEnum


class Flag(StrEnum):
    """What intake flags an exchange with."""

    CODE_NOT_MARKED = "code_not_marked"
    NO_FINDING = "no_finding"
    NO_CONTENT = "no_content"
