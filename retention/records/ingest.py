"""Exchanges in: sealed, written once, acknowledged only when committed.

Order: cells and their keys exist before the transaction; content is sealed before it too. The
transaction writes anchors, then the parts of new anchors, and ends with the guard over its cells.
If a cell was closed meanwhile nothing of the batch was written and it is classified again.
An answer `stored` means committed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from itertools import chain
from operator import attrgetter
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from retention.errors import Busy
from retention.policies import queries as policies
from retention.records import cells, flagged, rows, tally
from retention.records.arrange import Arranged, Slot, Target, Targets, arrange, settle, too_early
from retention.records.identity import fingerprint
from retention.records.parts import Call, NewExchange, Outcome, Status, StoredRecord
from retention.records.recognise import recognise
from retention.records.room import ensure_room
from retention.records.trouble import translated
from retention.vault import keys as vault
from retention.vault.envelope import CellPlace, Sealer
from retention.vault.errors import KeyGone, KeyMissing

ATTEMPTS = 5
Write = Callable[[list[rows.Row], list[rows.Row]], rows.Written]
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
    minimal = cache(partial(terms.minimal, last=now.date()))
    targets = Targets(customer)
    for place, sent in enumerate(exchanges):
        if too_early(sent.occurred_at, now):
            outcomes[place] = _from_the_future(sent)
            continue
        arranged = arrange(customer, sent, targets, minimal=minimal)
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
        targets = {slot.target for arranged in todo.values() for slot in arranged.slots}
        self._find(targets, today)
        fit = {place: a for place, a in todo.items() if settle(a)}
        written = self._write(list(fit.values()), today)
        outcomes = {place: _stored(a) for place, a in fit.items() if a.exchange in written}
        # The rest stands already, or has no live cell. Twins: the same id again in this batch.
        rest = {place: a for place, a in todo.items() if place not in outcomes} | twins
        return outcomes | recognise(self.customer, rest, today=today, now=self.now)

    def _find(self, targets: set[Target], today: date) -> None:
        names = {target.name for target in targets}
        found = cells.ensure(self.customer, names, terms=self.terms, now=self.now)
        for target in targets:
            target.found(found.get(target.name), today)

    def _write(self, fit: list[Arranged], today: date) -> set[UUID]:
        """Write the batch and return the exchanges that are new."""
        if not fit:
            return set()
        targets = {slot.target for arranged in fit for slot in arranged.slots}
        keys = vault.fetch({target.key for target in targets}, now=self.now)
        sealers = {target: sealer(target, keys[target.key]) for target in targets}
        sealed = [self._rows(arranged, sealers) for arranged in fit]
        anchors = sorted((first for first, *_ in sealed), key=_order)
        parts = sorted((row for _, *others in sealed for row in others), key=_order)
        # A batch without a retry in it is the rule: no statement asks beforehand.
        try:
            return self._commit(rows.write, anchors, parts, today)
        except rows.AlreadyThere:
            return self._commit(rows.write_new, anchors, parts, today)

    def _commit(
        self, write: Write, anchors: list[rows.Row], parts: list[rows.Row], today: date
    ) -> set[UUID]:
        """The one transaction: rows first, the guard over their cells last."""
        with transaction.atomic():
            new_anchors, new_parts = write(anchors, parts)
            counts = Counter(map(_cell_and_generation, chain(new_anchors, new_parts)))
            if counts:
                by_key = {vault.Key(*cell): count for cell, count in counts.items()}
                tally.add(chain(new_anchors, new_parts))
                flagged.add(chain(new_anchors, new_parts))
                cells.acknowledge(self.customer, by_key, today=today)
        return {row.exchange_id for row in new_anchors}

    def _rows(self, arranged: Arranged, sealers: Mapping[Target, Sealer]) -> list[rows.Row]:
        sent, exchange, anchor = arranged.sent, arranged.exchange, arranged.anchor
        about = About(exchange, sent.external_id, sent.call, sent.occurred_at, self.now)
        return [
            sealed_row(about, slot, sealers[slot.target], sent if slot is anchor else None)
            for slot in arranged.slots
        ]


def _order(row: rows.Row) -> int:
    return row.id.int


class About(NamedTuple):
    """What the records of one exchange share."""

    exchange: UUID
    external_id: str
    call: Call
    occurred_at: datetime
    received_at: datetime


def sealer(target: Target, key: bytes) -> Sealer:
    """Seals what goes into this cell. Never kept: it is for one batch."""
    customer, day, data_class, _ = target.name
    return Sealer(key, CellPlace(customer, day, str(data_class), target.key.generation))


def sealed_row(
    about: About, slot: Slot, sealer: Sealer, anchor_of: NewExchange | None = None
) -> rows.Row:
    """One part as a row, its content sealed for its place and no other.

    The anchor of an exchange also carries what only the exchange as a whole has.
    """
    exchange, external_id, call, occurred_at, received_at = about
    part, target, record = slot
    identity = sealer.seal(record, "identity", fingerprint(anchor_of.body)) if anchor_of else None
    # In the order of Row: by name it takes three times as long, for every record.
    return rows.Row(
        target.name.customer,
        target.name.clock_day,
        record,
        exchange,
        external_id,
        str(part.data_class),
        part.name,
        *target.key,
        occurred_at,
        received_at,
        *call,
        part.size,
        part.verdict,
        *part.usage,
        list(anchor_of.flags) if anchor_of else [],
        anchor_of.delivered_at if anchor_of else None,
        identity,
        sealer.seal(record, "payload", part.content),
    )


def _stored(arranged: Arranged) -> Outcome:
    outcome = arranged.outcome(Status.STORED)
    outcome.records = list(_kept(arranged))
    outcome.dropped = arranged.dropped
    return outcome


def _kept(arranged: Arranged) -> Iterable[StoredRecord]:
    for part, target, record in arranged.slots:
        assert target.cell is not None
        yield StoredRecord(record, part.data_class, part.name, target.cell.expires_on)
