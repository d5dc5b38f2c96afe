"""An exchange that was not written: a retry, other content, erased, or too old to be kept."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import connection

from retention.policies.rules import DataClass
from retention.records.arrange import Arranged
from retention.records.identity import record_id, same_body
from retention.records.parts import Outcome, Status, StoredRecord
from retention.vault import keys as vault
from retention.vault.envelope import CellPlace, unseal

ANCHORS = """
    SELECT id, exchange_id, cell_id, clock_day, generation, erased_at IS NOT NULL, identity
    FROM retention_record
    WHERE customer_id = %s AND clock_day = ANY(%s) AND id = ANY(%s)
"""
LIVE_CELLS = """
    SELECT id, expires_on FROM retention_cell
    WHERE customer_id = %s AND clock_day = ANY(%s) AND state = 'open' AND expires_on > %s
"""
RECORDS = """
    SELECT exchange_id, id, data_class, part, cell_id FROM retention_record
    WHERE customer_id = %s AND clock_day = ANY(%s) AND exchange_id = ANY(%s) AND erased_at IS NULL
    ORDER BY data_class = 'prompt' DESC, received_at, data_class, part
"""


@dataclass(frozen=True, slots=True)
class _Anchor:
    id: UUID
    exchange: UUID
    cell: UUID
    clock_day: date
    generation: int
    erased: bool
    identity: bytes | None


def recognise(
    customer: UUID, known: Mapping[int, Arranged], *, today: date, now: datetime
) -> dict[int, Outcome]:
    """Answer for exchanges whose anchor was there first, or has no cell that takes it."""
    if not known:
        return {}
    days = list({a.clock_day for a in known.values()})
    live = _rows(LIVE_CELLS, [customer, days, today])
    expires = dict(live)
    anchors = _anchors(customer, days, known)
    keys = _keys(anchors, expires, now)
    records = _records(customer, days, list(anchors), expires)
    return {
        place: _answer(customer, arranged, anchors.get(arranged.exchange), keys, records)
        for place, arranged in known.items()
    }


def _anchors(
    customer: UUID, days: list[date], known: Mapping[int, Arranged]
) -> dict[UUID, _Anchor]:
    ids = [record_id(a.exchange, DataClass.PROMPT, "1") for a in known.values()]
    found = [_Anchor(*row) for row in _rows(ANCHORS, [customer, days, ids])]
    return {anchor.exchange: anchor for anchor in found}


def _keys(
    anchors: Mapping[UUID, _Anchor], live: Mapping[UUID, date], now: datetime
) -> dict[vault.Key, bytes]:
    wanted = {vault.Key(a.cell, a.generation) for a in anchors.values() if a.cell in live}
    return vault.fetch(wanted, now=now)


def _records(
    customer: UUID, days: list[date], exchanges: list[UUID], expires: Mapping[UUID, date]
) -> dict[UUID, list[StoredRecord]]:
    found: dict[UUID, list[StoredRecord]] = defaultdict(list)
    for exchange, identifier, data_class, part, cell in _rows(RECORDS, [customer, days, exchanges]):
        if cell in expires:
            record = StoredRecord(identifier, DataClass(data_class), part, expires[cell])
            found[exchange].append(record)
    return found


def _answer(
    customer: UUID,
    arranged: Arranged,
    anchor: _Anchor | None,
    keys: Mapping[vault.Key, bytes],
    records: Mapping[UUID, list[StoredRecord]],
) -> Outcome:
    if anchor is not None and anchor.erased:
        return arranged.outcome(Status.REFUSED, "erased")
    key = keys.get(vault.Key(anchor.cell, anchor.generation)) if anchor else None
    if anchor is None or key is None or anchor.identity is None:
        return arranged.outcome(Status.REFUSED, "expired_on_arrival")
    cell = CellPlace(customer, anchor.clock_day, "prompt", anchor.generation)
    known = unseal(key, cell, anchor.id, "identity", bytes(anchor.identity))
    if not same_body(known, arranged.sent.body):
        return arranged.outcome(Status.REFUSED, "content_mismatch")
    outcome = arranged.outcome(Status.DUPLICATE)
    outcome.records = records.get(arranged.exchange, [])
    return outcome


def _rows(statement: str, parameters: list[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
