"""What a request carries: its body, the address of an exchange, its query parameters."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from enum import StrEnum
from typing import BinaryIO, TypeVar, cast
from uuid import UUID

from rest_framework.request import Request

from compliance.api.errors import InvalidParameter, UnreadableBody, UnsupportedMediaType
from compliance.intake.encodings import MOST_SENT
from compliance.intake.errors import TooLarge
from compliance.intake.instants import FIRST_YEAR, LAST_YEAR
from compliance.intake.shapes import could_be_an_id
from retention.errors import NoSuchExchange
from retention.records.identity import day_of
from retention.records.queries import Address

READ_STEP = 256 * 1024
MOST_DISCARDED = 2 * MOST_SENT
JSON = re.compile(r"application/(?:[\w.-]+\+)?json|\*/\*", re.IGNORECASE | re.ASCII)
ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
Word = TypeVar("Word", bound=StrEnum)
SERVER_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def body_of(request: Request) -> bytes:
    """The body as it was sent. Raises `TooLarge`, and never keeps more than 10 MiB in memory.

    Of a larger one some more is read and thrown away: a client that still sends does not listen,
    and would see a broken connection in place of the answer.
    What type an empty body has, or one that names none, does not matter.
    """
    pieces, size = [], 0
    try:
        for piece in _pieces(_stream(request)):
            size += len(piece)
            if size <= MOST_SENT:
                pieces.append(piece)
            elif size > MOST_SENT + MOST_DISCARDED:
                break
    except OSError:
        raise UnreadableBody from None
    if size > MOST_SENT:
        raise TooLarge
    media_type = (request.META.get("CONTENT_TYPE") or "").partition(";")[0].strip()
    if size and media_type and not JSON.fullmatch(media_type):
        raise UnsupportedMediaType
    return b"".join(pieces)


def encoding_of(request: Request) -> str:
    """What the body says it is compressed with."""
    return str(request.META.get("HTTP_CONTENT_ENCODING") or "")


def address_of(request: Request, text: str) -> Address:
    """Which exchange an address means: the server's id, or the customer's own with its day.

    The server's ids are UUIDv8 and carry their day, so one with another `day` is not the server's.
    Raises `NoSuchExchange` for what no exchange can be called, and `InvalidParameter`.
    """
    known_parameters(request, {"day"})
    on = day(request, "day")
    if (within := _day_within(text)) and on in (None, within):
        return Address(exchange=UUID(text))
    if not could_be_an_id(text) or (on and not FIRST_YEAR <= on.year <= LAST_YEAR):
        raise NoSuchExchange
    return Address(external_id=text, day=on)


def known_parameters(request: Request, names: Collection[str]) -> None:
    """A misspelt filter must not become no filter, and of two values none may win unseen."""
    if not set(request.query_params) <= set(names):
        known = ", ".join(sorted(names))
        raise InvalidParameter(f"Only these query parameters are known here: {known}.")
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise InvalidParameter(f"{name} may be given once.")


def day(request: Request, name: str) -> date | None:
    """A calendar day such as 2026-11-22; None where it was not asked for."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        if ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidParameter(f"{name} must be a day such as 2026-11-22.")


def word(request: Request, name: str, pattern: str) -> str | None:
    """A short text that follows a pattern; None where it was not asked for."""
    text = request.query_params.get(name)
    if text is not None and not re.fullmatch(pattern, text):
        raise InvalidParameter(f"{name} has a value that cannot occur.")
    return text


def choice(request: Request, name: str, words: type[Word]) -> Word | None:
    """One of a few words; None where it was not asked for."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return words(text)
    except ValueError:
        known = ", ".join(words)
        raise InvalidParameter(f"{name} must be one of: {known}.") from None


def number(request: Request, name: str, *, least: int, most: int, otherwise: int) -> int:
    """A whole number within bounds."""
    text = request.query_params.get(name)
    if text is None:
        return otherwise
    if re.fullmatch(r"[0-9]{1,9}", text) and least <= int(text) <= most:
        return int(text)
    raise InvalidParameter(f"{name} must be a whole number from {least} to {most}.")


def _pieces(stream: BinaryIO) -> Iterator[bytes]:
    while piece := stream.read(READ_STEP):
        yield piece


def _stream(request: Request) -> BinaryIO:
    """The body's bytes. A chunked body has no length, and Django would see none of it."""
    meta = request.META
    if meta.get("wsgi.input_terminated") and not meta.get("CONTENT_LENGTH"):
        return cast(BinaryIO, meta["wsgi.input"])
    return cast(BinaryIO, request._request)


def _day_within(text: str) -> date | None:
    """The day that an id of the server's carries; None for anything else."""
    if not SERVER_ID.fullmatch(text):
        return None
    try:
        within = day_of(UUID(text))
    except ValueError:
        return None
    return within if FIRST_YEAR <= within.year <= LAST_YEAR else None
