"""What is wrong with an item, by field and in plain words, without repeating what was sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

Complaints = dict[str, list[str]]
Context = Mapping[str, Any]

MOST_COMPLAINTS = 20
# A field's name is repeated only if it looks like one: text may have slipped into a key.
FIELD_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,63}")
WHOLE = "item"

_IN_WORDS: dict[str, Callable[[Context], str]] = {
    "missing": lambda _: "is required",
    "extra_forbidden": lambda _: "is not known here",
    "string_type": lambda _: "must be a text",
    "string_unicode": lambda _: "must be valid Unicode, without lone surrogates",
    "string_too_long": lambda c: f"must have at most {c['max_length']} characters",
    "string_too_short": lambda _: "must not be empty",
    "string_pattern_mismatch": lambda _: "is empty or has characters that are not allowed here",
    "int_type": lambda _: "must be a whole number",
    "int_from_float": lambda _: "must be a whole number",
    "float_type": lambda _: "must be a number",
    "finite_number": lambda _: "must be a finite number",
    "greater_than_equal": lambda c: f"must be at least {c['ge']:.15g}",
    "less_than_equal": lambda c: f"must be at most {c['le']:.15g}",
    "too_long": lambda c: f"must have at most {c['max_length']} entries",
    "list_type": lambda _: "must be a list",
    "dict_type": lambda _: "must be an object",
    "model_type": lambda _: "must be an object",
    "model_attributes_type": lambda _: "must be an object",
    "invalid_key": lambda _: "must have names that are texts",
    "union_tag_invalid": lambda _: "must have the type text or snippet",
    "union_tag_not_found": lambda _: "must have the type text or snippet",
    "value_error": lambda c: str(c["error"]),
}


def of(error: ValidationError) -> Complaints:
    """The first twenty complaints by field path, such as `prompt[1].start_line`."""
    found: Complaints = {}
    for fault in error.errors(include_url=False, include_input=False)[:MOST_COMPLAINTS]:
        in_words = _IN_WORDS.get(fault["type"], _unforeseen)
        found.setdefault(_path(fault["loc"]), []).append(in_words(fault.get("ctx", {})))
    return found


def _unforeseen(_: Context) -> str:
    return "is not as expected"


def whole(reason: str) -> Complaints:
    """A complaint about the item as a whole."""
    return {WHOLE: [reason]}


def _path(location: Sequence[int | str]) -> str:
    # Behind the number of a prompt part stands its type, which is no field.
    if len(location) > 2 and location[0] == "prompt":
        location = (*location[:2], *location[3:])
    path = ""
    for step in location:
        if isinstance(step, int):
            path += f"[{step}]"
        else:
            path += f".{step}" if FIELD_NAME.fullmatch(step) else ".(unreadable name)"
    return path.removeprefix(".") or WHOLE
