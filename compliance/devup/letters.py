"""What lies in the demonstration's mailbox, read from its files: newest first, never changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

from compliance.devup.mailbox import folder

# As `mailbox.py` names them: the demonstration's time, and a random end.
NAME = re.compile(r"[0-9]{8}-[0-9]{6}-[0-9a-f]{12}\.eml")
HEADERS = BytesHeaderParser(policy=policy.default)
WHOLE = BytesParser(policy=policy.default)


@dataclass(frozen=True, slots=True)
class Line:
    """A mail in the list."""

    name: str
    at: datetime
    to: str
    subject: str


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a mail."""

    number: int
    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class Letter:
    """A whole mail."""

    line: Line
    headers: list[tuple[str, str]]
    text: str
    html: str
    attachments: list[Attachment]


def listed(*, to: str, first: int, most: int) -> list[Line]:
    """From the `first` on, up to `most`: those whose recipients hold the words."""
    found = (line for line in _lines() if to.lower() in line.to.lower())
    return [line for place, line in enumerate(found) if first <= place < first + most]


def letter(name: str) -> Letter | None:
    """One mail; None if there is none of that name."""
    file = _file(name)
    if file is None:
        return None
    message = WHOLE.parsebytes(file.read_bytes())
    assert isinstance(message, EmailMessage)
    return Letter(
        line=_line(name, message),
        headers=[(key, str(value)) for key, value in message.items()],
        text=_body(message, "plain"),
        html=_body(message, "html"),
        attachments=[
            Attachment(
                number,
                part.get_filename() or f"part-{number}",
                part.get_content_type(),
                len(_bytes(part)),
            )
            for number, part in enumerate(message.iter_attachments())
        ],
    )


def attached(name: str, number: int) -> tuple[str, bytes] | None:
    """Name and content of one attachment."""
    file = _file(name)
    if file is None:
        return None
    message = WHOLE.parsebytes(file.read_bytes())
    assert isinstance(message, EmailMessage)
    for place, part in enumerate(message.iter_attachments()):
        if place == number:
            return part.get_filename() or f"part-{number}", _bytes(part)
    return None


def _lines() -> Iterator[Line]:
    names = (file.name for file in folder().glob("*.eml") if NAME.fullmatch(file.name))
    for name in sorted(names, reverse=True):
        with open(folder() / name, "rb") as file:
            yield _line(name, HEADERS.parse(file))


def _line(name: str, message: EmailMessage) -> Line:
    at = datetime.strptime(name[:15], "%Y%m%d-%H%M%S").replace(tzinfo=UTC)
    return Line(name, at, str(message.get("To", "")), str(message.get("Subject", "")))


def _file(name: str) -> Path | None:
    file = folder() / name
    return file if NAME.fullmatch(name) and file.is_file() else None


def _body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    return str(part.get_content()) if part else ""


def _bytes(part: object) -> bytes:
    content = part.get_payload(decode=True)  # type: ignore[attr-defined]
    return content if isinstance(content, bytes) else b""
