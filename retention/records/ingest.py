"""Exchanges in: sealed, written once, acknowledged only when committed.

Order: cells and their keys exist before the transaction; content is sealed before it too. The
transaction writes anchors, then the parts of new anchors, and ends with the guard over its cells.
If a cell was closed meanwhile nothing of the batch was written and it is classified again.
An answer `stored` means committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from django.db import transaction

from retention.errors import Busy
from retention.policies import queries as policies
from retention.records import cells, rows
from retention.records.arrange import Arranged, Slot, arrange, live_keys, settle, too_early
from retention.records.identity import fingerprint, record_id
from retention.records.parts import Call, NewExchange, Outcome, Status, StoredRecord
from retention.records.recognise import recognise
from retention.records.room import ensure_room
from retention.records.trouble import translated
from retention.vault import keys as vault
from retention.vault.envelope import Context, seal
from retention.vault.errors import KeyGone

ATTEMPTS = 5


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
            except (cells.CellMoved, KeyGone):
                continue
        raise Busy

    def _attempt(self, todo: dict[int, Arranged], twins: dict[int, Arranged]) -> dict[int, Outcome]:
        today = self.now.date()
        names = {slot.name for arranged in todo.values() for slot in arranged.slots}
        found = cells.ensure(self.customer, names, terms=self.terms, now=self.now)
        refusals = {place: settle(a, found, today) for place, a in todo.items()}
        outcomes = {place: refusal for place, refusal in refusals.items() if refusal}
        fit = {place: a for place, a in todo.items() if place not in outcomes}
        written = self._write(list(fit.values()), today)
        outcomes |= {place: _stored(a) for place, a in fit.items() if a.exchange in written}
        known = {place: a for place, a in fit.items() if a.exchange not in written}
        # Twins: the same id again within this batch; the first one was written just now.
        return outcomes | recognise(self.customer, known | twins, today=today, now=self.now)

    def _write(self, fit: list[Arranged], today: date) -> set[UUID]:
        """Write the batch and return the exchanges that are new."""
        if not fit:
            return set()
        keys = vault.fetch({cell.key for cell in live_keys(fit)}, now=self.now)
        anchors = sorted((self._anchor(a, keys) for a in fit), key=lambda row: row.id)
        parts = sorted(
            (self._row(a, slot, keys) for a in fit for slot in a.slots[1:]),
            key=lambda row: row.id,
        )
        with transaction.atomic():
            new_anchors, new_parts = rows.write(anchors, parts)
            counts = Counter(_key(row) for row in [*new_anchors, *new_parts])
            if counts:
                cells.acknowledge(self.customer, counts, today=today)
        return {row.exchange_id for row in new_anchors}

    def _anchor(self, arranged: Arranged, keys: dict[vault.Key, bytes]) -> rows.Row:
        row = self._row(arranged, arranged.anchor, keys)
        context = context_of(row, "identity")
        identity = seal(keys[_key(row)], context, fingerprint(arranged.sent.body))
        return row._replace(
            identity=identity,
            flags=list(arranged.sent.flags),
            delivered_at=arranged.sent.delivered_at,
        )

    def _row(self, arranged: Arranged, slot: Slot, keys: dict[vault.Key, bytes]) -> rows.Row:
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
        )


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
) -> rows.Row:
    """One part as a row, its content sealed for its place and no other."""
    assert slot.cell is not None
    part = slot.part
    row = rows.Row(
        customer_id=customer,
        clock_day=slot.name.clock_day,
        id=record_id(exchange, part.data_class, part.name),
        exchange_id=exchange,
        external_id=external_id,
        data_class=part.data_class.value,
        part=part.name,
        cell_id=slot.cell.id,
        generation=slot.cell.generation,
        occurred_at=occurred_at,
        received_at=received_at,
        purpose=call.purpose,
        subprocessor=call.subprocessor,
        model=call.model,
        account=call.account,
        endpoint=call.endpoint,
        provider=call.provider,
        repository=call.repository,
        size=part.size,
        verdict=part.verdict,
        input_tokens=part.usage.input_tokens,
        output_tokens=part.usage.output_tokens,
        latency_ms=part.usage.latency_ms,
        flags=[],
        delivered_at=None,
        identity=None,
        payload=None,
    )
    return row._replace(payload=seal(key, context_of(row, "payload"), part.content))


def context_of(row: rows.Row, field: str) -> Context:
    """The place that a sealed field of this row is bound to."""
    return Context(row.customer_id, row.id, row.clock_day, row.data_class, row.generation, field)


def _key(row: rows.Row) -> vault.Key:
    return vault.Key(row.cell_id, row.generation)


def _stored(arranged: Arranged) -> Outcome:
    outcome = arranged.outcome(Status.STORED)
    outcome.records = list(_kept(arranged))
    outcome.dropped = arranged.dropped
    return outcome


def _kept(arranged: Arranged) -> Iterable[StoredRecord]:
    for slot in arranged.slots:
        assert slot.cell is not None
        identifier = record_id(arranged.exchange, slot.part.data_class, slot.part.name)
        yield StoredRecord(identifier, slot.part.data_class, slot.part.name, slot.cell.expires_on)
