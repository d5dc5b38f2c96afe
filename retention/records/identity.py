"""Who an exchange, a record and a cell are: ids that are the same on every retry.

UUIDv8 (RFC 9562): 48 bits of the clock day's midnight in milliseconds, then SHA-256 of the names,
truncated. The clock day can be read from the id, so a look-up touches one partition.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from uuid import UUID

from retention.policies.rules import DataClass

EPOCH = date(1970, 1, 1)
DAY_MS = 86_400_000
_VERSION_8, _VARIANT = 0x8 << 76, 0b10 << 62
_RANDOM_A, _RANDOM_B = 0xFFF << 64, (1 << 62) - 1
_TIME = ((1 << 48) - 1) << 80


def clock_day(occurred_at: datetime) -> date:
    """The UTC date on which the retention clock of an exchange started."""
    return occurred_at.astimezone(UTC).date()


def _uuid8(time: int, names: str) -> UUID:
    """`time`: the upper 48 bits in their place. `names` are separated by U+001F."""
    digest = int.from_bytes(sha256(names.encode()).digest()[:10], "big")
    return UUID(int=time | _VERSION_8 | (digest & _RANDOM_A) | _VARIANT | (digest & _RANDOM_B))


def _midnight(day: date) -> int:
    return (day - EPOCH).days * DAY_MS << 80


def exchange_id(customer: UUID, external_id: str, day: date) -> UUID:
    """The server's id of an exchange."""
    return _uuid8(_midnight(day), f"exchange\x1f{customer}\x1f{day}\x1f{external_id}")


def record_id(exchange: UUID, data_class: DataClass, part: str) -> UUID:
    """The id of one part of an exchange, whose day it carries."""
    return record_ids(exchange)(data_class, part)


def record_ids(exchange: UUID) -> Callable[[DataClass, str], UUID]:
    """Makes the ids of an exchange's parts."""
    time, prefix = exchange.int & _TIME, f"record\x1f{exchange}\x1f"
    return lambda data_class, part: _uuid8(time, f"{prefix}{data_class}\x1f{part}")


def cell_id(customer: UUID, day: date, data_class: DataClass, retain_days: int) -> UUID:
    """The id of a cell: whoever makes it, it is the same, also after it was destroyed."""
    return _uuid8(_midnight(day), f"cell\x1f{customer}\x1f{day}\x1f{data_class}\x1f{retain_days}")


def day_of(identifier: UUID) -> date:
    """The clock day that an id of ours carries. Raises `ValueError` for any other id."""
    days, rest = divmod(identifier.int >> 80, DAY_MS)
    if identifier.version != 8 or rest or days > (date.max - EPOCH).days:
        raise ValueError("not an id of this service")
    return EPOCH + timedelta(days=days)


def fingerprint(body: bytes) -> bytes:
    """Salt and HMAC of a body as first sent; lies sealed in the anchor."""
    salt = secrets.token_bytes(16)
    return salt + hmac.digest(salt, body, "sha256")


def same_body(known: bytes, body: bytes) -> bool:
    """True if `body` is the one that `known` was made from."""
    return hmac.compare_digest(known[16:], hmac.digest(known[:16], body, "sha256"))
