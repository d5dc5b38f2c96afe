"""A returned mail (RFC 3464) as facts: what happened to which delivery. Pure.

Only a report counts. An answer of an absence assistant, or of a person, comes to the same address
and says nothing about whether the notice arrived.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.utils import parsedate_to_datetime

from compliance.notices.models import MailEvent

Kind = MailEvent.Kind
# Where the address stands that it came back to, the envelope's own first.
TO = ("Delivered-To", "X-Original-To", "Envelope-To", "To")
STATUS = re.compile(r"\b([245])\.\d{1,3}\.\d{1,3}\b")
# The worst wins: one mail has one recipient, but a list behind it may have more.
ORDER = (Kind.HARD, Kind.SOFT, Kind.DEFERRED, Kind.DELIVERED)


@dataclass(frozen=True, slots=True)
class Report:
    """What a server says about a mail."""

    kind: str
    status: str
    happened_at: datetime | None


def addresses(mail: Message) -> list[str]:
    """Everything it may have come back to."""
    return [str(value) for name in TO for value in mail.get_all(name, [])]


def event_id(mail: Message, raw: bytes) -> str:
    """Its own Message-ID, or a fingerprint where it has none."""
    named = str(mail.get("Message-ID", "")).strip()
    return named or f"sha256:{hashlib.sha256(raw).hexdigest()}"


def report(mail: Message) -> Report | None:
    """The worst that its reports say; None: it is no report."""
    found = [one for block in _blocks(mail) if (one := _read(block))]
    return min(found, key=lambda one: ORDER.index(Kind(one.kind)), default=None)


def _blocks(mail: Message) -> Iterator[Message]:
    """The groups of fields of each `message/delivery-status`, the one about the mail too."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            payload = part.get_payload()
            yield from (block for block in _list(payload) if isinstance(block, Message))


def _list(payload: object) -> Iterable[object]:
    return payload if isinstance(payload, list) else ()


def _read(block: Message) -> Report | None:
    action = str(block.get("Action", "")).strip().lower()
    if not action:
        return None
    match = STATUS.search(str(block.get("Status", "")))
    status = match[0] if match else ""
    kind = _kind(action, status)
    return Report(kind, status, _when(block)) if kind else None


def _kind(action: str, status: str) -> str:
    if action == "failed":
        # "Failed" with a 4.x.x: it was tried for days and given up. The address may be good.
        return Kind.SOFT if status.startswith("4") else Kind.HARD
    # "Relayed" and "expanded" mean: handed on to somebody who does not report.
    return {"delayed": Kind.DEFERRED, "delivered": Kind.DELIVERED}.get(action, "")


def _when(block: Message) -> datetime | None:
    try:
        found = parsedate_to_datetime(str(block.get("Last-Attempt-Date", "")))
    except ValueError:
        return None
    return found if found.tzinfo else None
