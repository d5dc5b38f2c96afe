"""A part that arrives after its exchange: it shares the clock day and never extends anything."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from retention.errors import Busy
from retention.policies import queries as policies
from retention.records import cells, flagged, identity, queries, rows, tally
from retention.records.arrange import Slot, Target
from retention.records.ingest import About, sealed_row, sealer
from retention.records.parts import Outcome, Part, Status, StoredRecord
from retention.records.room import ensure_room
from retention.records.trouble import translated
from retention.vault import keys as vault
from retention.vault.errors import KeyGone, KeyMissing

ATTEMPTS = 5


def add(customer: UUID, address: queries.Address, part: Part, *, now: datetime) -> Outcome:
    """Keep one later part.

    Raises `UnknownExchange`, `ExchangeGone`, and what `ingest.store` raises.
    """
    ensure_room()
    with translated():
        for _ in range(ATTEMPTS):
            try:
                return _attempt(customer, address, part, now)
            except KeyMissing:
                raise
            except (cells.CellMoved, KeyGone):
                continue
    raise Busy


def _attempt(customer: UUID, address: queries.Address, part: Part, now: datetime) -> Outcome:
    today = now.date()
    view = queries.exchange(customer, address, today=today)
    outcome = Outcome(
        view.external_id,
        Status.REFUSED,
        exchange=view.exchange,
        clock_day=view.clock_day,
        flags=view.flags,
    )
    retain_days = view.records[0].cell.retain_days
    name = cells.CellName(customer, view.clock_day, part.data_class, retain_days)
    terms = policies.terms(customer)
    cell = cells.ensure(customer, [name], terms=terms, now=now).get(name)
    if cell is None or not cell.live(today):
        outcome.code = "expired_on_arrival"
        return outcome
    record_id = identity.record_id(view.exchange, part.data_class, part.name)
    row = _row(view, Slot(part, Target(name, cell), record_id), now)
    with transaction.atomic():
        written = rows.write_one(row)
        if written:
            tally.add([row])
            flagged.add([row])
            cells.acknowledge(customer, {cell.key: 1}, today=today)
    record = StoredRecord(row.id, part.data_class, part.name, cell.expires_on)
    if written:
        outcome.status, outcome.records = Status.STORED, [record]
        return outcome
    return _recognise(customer, view, part, record, outcome, now)


def _row(view: queries.ExchangeView, slot: Slot, now: datetime) -> rows.Row:
    key = slot.target.key
    about = About(view.exchange, view.external_id, view.call, view.occurred_at, now)
    return sealed_row(about, slot, sealer(slot.target, vault.fetch([key], now=now)[key]))


def _recognise(
    customer: UUID,
    view: queries.ExchangeView,
    part: Part,
    record: StoredRecord,
    outcome: Outcome,
    now: datetime,
) -> Outcome:
    """The part stands already: the same content again, or another."""
    fresh = queries.exchange(customer, queries.Address(exchange=view.exchange), today=now.date())
    known = queries.open_records(customer, fresh, now=now).get(record.id)
    if known == part.content:
        outcome.status, outcome.records = Status.DUPLICATE, [record]
    else:
        outcome.code = "content_mismatch"
    return outcome
