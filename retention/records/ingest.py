"""Exchanges in: sealed, written once, acknowledged only when committed.

Order: cells and their keys exist before the transaction; content is sealed before it too. The
transaction writes anchors, then the parts of new anchors, and ends with the guard over its cells.
If a cell was closed meanwhile nothing of the batch was written and it is classified again.
An answer `stored` means committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from itertools import chain
from operator import attrgetter
from uuid import UUID

from django.db import transaction

from retention.errors import Busy
from retention.policies import queries as policies
from retention.records import cells, rows
from retention.records.arrange import Arranged, Slot, arrange, settle, too_early
from retention.records.identity import fingerprint
from retention.records.parts import Call, NewExchange, Outcome, Status, StoredRecord
from retention.records.recognise import recognise
from retention.records.room import ensure_room
from retention.records.trouble import translated
from retention.vault import keys as vault
from retention.vault.envelope import Context, seal
from retention.vault.errors import KeyGone, KeyMissing

ATTEMPTS = 5
_cell_and_generation = attrgetter("cell_id", "generation")


def store(customer: UUID, exchanges: Sequence[NewExchange], *, now: datetime) -> list[Outcome]:
    """Keep what may be kept and answer for each exchange, in order.

    Raises `NoVersionInForce`, `MissingPartition`, `StorageFull` or `Busy`; then nothing was kept.
    """
    ensure_room()
    outcomes: dict[int, Outcome] = {}
    todo: dict[int, Arranged] = {}
    twins: dict[int, Arranged] = {}
    seen: set[UUID] = set()
    terms = policies.terms(customer)
    for place, sent in enumerate(exchanges):
        if too_early(sent.occurred_at, now):
            outcomes[place] = _from_the_future(sent)
            continue
        arranged = arrange(customer, sent, terms=terms, today=now.date())
        (twins if arranged.exchange in seen else todo)[place] = arranged
        seen.add(arranged.exchange)
    with translated():
        outcomes |= _Batch(customer, now, terms).store(todo, twins)
    return [outcomes[place] for place in range(len(exchanges))]


def _from_the_future(sent: NewExchange) -> Outcome:
    code = "occurred_in_future"
    return Outcome(sent.external_id, Status.REFUSED, code, retryable=True, flags=sent.flags)


@dataclass(frozen=True, slots=True)
class _Batch:
    customer: UUID
    now: datetime
    terms: policies.Terms

    def store(self, todo: dict[int, Arranged], twins: dict[int, Arranged]) -> dict[int, Outcome]:
        for _ in range(ATTEMPTS):
            try:
                return self._attempt(todo, twins)
            except KeyMissing:
                raise
            except (cells.CellMoved, KeyGone):
                continue
        raise Busy

    def _attempt(self, todo: dict[int, Arranged], twins: dict[int, Arranged]) -> dict[int, Outcome]:
        today = self.now.date()
        names = {slot.name for arranged in todo.values() for slot in arranged.slots}
        found = cells.ensure(self.customer, names, terms=self.terms, now=self.now)
        fit = {place: a for place, a in todo.items() if settle(a, found, today)}
        written = self._write(list(fit.values()), today)
        outcomes = {place: _stored(a) for place, a in fit.items() if a.exchange in written}
        # The rest stands already, or has no live cell. Twins: the same id again in this batch.
        rest = {place: a for place, a in todo.items() if place not in outcomes} | twins
        return outcomes | recognise(self.customer, rest, today=today, now=self.now)

    def _write(self, fit: list[Arranged], today: date) -> set[UUID]:
        """Write the batch and return the exchanges that are new."""
        if not fit:
            return set()
        keys = vault.fetch(_keys_for(fit), now=self.now)
        sealed = [[self._row(a, slot, keys) for slot in a.slots] for a in fit]
        anchors = sorted((first for first, *_ in sealed), key=_order)
        parts = sorted((row for _, *others in sealed for row in others), key=_order)
        with transaction.atomic():
            new_anchors, new_parts = rows.write(anchors, parts)
            counts = Counter(map(_cell_and_generation, chain(new_anchors, new_parts)))
            if counts:
                by_key = {vault.Key(*cell): count for cell, count in counts.items()}
                cells.acknowledge(self.customer, by_key, today=today)
        return {row.exchange_id for row in new_anchors}

    def _row(self, arranged: Arranged, slot: Slot, keys: Mapping[vault.Key, bytes]) -> rows.Row:
        assert slot.cell is not None
        return sealed_row(
            self.customer,
            arranged.exchange,
            arranged.sent.external_id,
            arranged.sent.call,
            slot,
            occurred_at=arranged.sent.occurred_at,
            received_at=self.now,
            key=keys[slot.cell.key],
            anchor_of=arranged.sent if slot is arranged.anchor else None,
        )


def _keys_for(exchanges: Iterable[Arranged]) -> set[vault.Key]:
    return {slot.cell.key for exchange in exchanges for slot in exchange.slots if slot.cell}


def _order(row: rows.Row) -> int:
    return row.id.int


def sealed_row(
    customer: UUID,
    exchange: UUID,
    external_id: str,
    call: Call,
    slot: Slot,
    *,
    occurred_at: datetime,
    received_at: datetime,
    key: bytes,
    anchor_of: NewExchange | None = None,
) -> rows.Row:
    """One part as a row, its content sealed for its place and no other.

    The anchor of an exchange also carries what only the exchange as a whole has.
    """
    assert slot.cell is not None
    part, day, cell = slot.part, slot.name.clock_day, slot.cell.key
    data_class = str(part.data_class)
    place = partial(Context, customer, slot.record, day, data_class, cell.generation)
    # In the order of Row: by name it takes three times as long, for every record.
    return rows.Row(
        customer,
        day,
        slot.record,
        exchange,
        external_id,
        data_class,
        part.name,
        cell.cell,
        cell.generation,
        occurred_at,
        received_at,
        call.purpose,
        call.subprocessor,
        call.model,
        call.account,
        call.endpoint,
        call.provider,
        call.repository,
        part.size,
        part.verdict,
        part.usage.input_tokens,
        part.usage.output_tokens,
        part.usage.latency_ms,
        list(anchor_of.flags) if anchor_of else [],
        anchor_of.delivered_at if anchor_of else None,
        seal(key, place("identity"), fingerprint(anchor_of.body)) if anchor_of else None,
        seal(key, place("payload"), part.content),
    )


def _stored(arranged: Arranged) -> Outcome:
    outcome = arranged.outcome(Status.STORED)
    outcome.records = list(_kept(arranged))
    outcome.dropped = arranged.dropped
    return outcome


def _kept(arranged: Arranged) -> Iterable[StoredRecord]:
    for slot in arranged.slots:
        assert slot.cell is not None
        part = slot.part
        yield StoredRecord(slot.record, part.data_class, part.name, slot.cell.expires_on)
