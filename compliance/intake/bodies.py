"""The body of a request, taken apart into items: a bad item never costs a good one.

The whole body is parsed at once; where that fails, or where parsing could take far more memory
than the body itself, the items are cut apart first and parsed one by one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from compliance.intake.encodings import opened
from compliance.intake.errors import (
    MalformedJson,
    TooManyExchanges,
    unknown_envelope_field,
)
from compliance.intake.splitter import MOST_MARKS_IN_ITEM, Scanner, Slice

MOST_EXCHANGES = 1000
# Brackets and commas, inside strings too: each may become an object of up to 250 bytes.
MOST_MARKS_AT_ONCE = 400_000
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that is not JSON: its id where that can be read, and why in the parser's words."""

    external_id: str | None
    reason: str


def items(sent: bytes, encoding: str = "") -> Iterator[Any]:
    """Each item of `exchanges` in order, parsed, or `Unreadable`.

    Raises a `BodyRefused` before the first item or, for `MalformedJson` and `TooManyExchanges`,
    on the way: nothing may be kept before the last item was seen.
    """
    text = opened(sent, encoding).removeprefix(BYTE_ORDER_MARK)
    if marks(text) <= MOST_MARKS_AT_ONCE:
        try:
            return iter(_listed(orjson.loads(text)))
        except orjson.JSONDecodeError:
            pass
    return map(_parsed, Scanner(text).items(most=MOST_EXCHANGES))


def single(sent: bytes, encoding: str = "") -> Any:
    """A body that is one JSON value (the later part of an exchange)."""
    text = opened(sent, encoding).removeprefix(BYTE_ORDER_MARK)
    if not text.strip():
        return {}
    try:
        if marks(text) <= MOST_MARKS_AT_ONCE:
            return orjson.loads(text)
    except orjson.JSONDecodeError:
        pass
    raise MalformedJson


def marks(text: bytes) -> int:
    """How many objects, lists and members the text can hold at most."""
    return text.count(b",") + text.count(b"[") + text.count(b"{")


def _listed(body: object) -> list[Any]:
    if not isinstance(body, dict) or not isinstance(body.get("exchanges"), list):
        raise MalformedJson
    if len(body) > 1:
        raise unknown_envelope_field()
    listed: list[Any] = body["exchanges"]
    if len(listed) > MOST_EXCHANGES:
        raise TooManyExchanges
    return listed


def _parsed(item: Slice) -> Any:
    if item.marks > MOST_MARKS_IN_ITEM:
        return Unreadable(Scanner(item.text).value_of("id"), "has too many parts")
    try:
        return orjson.loads(item.text)
    except orjson.JSONDecodeError as error:
        # Only the parser's own words: its full message quotes nothing, its `doc` is the content.
        return Unreadable(Scanner(item.text).value_of("id"), f"is not JSON: {error.msg}")
