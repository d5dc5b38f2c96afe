"""Reading records: always one customer's, never anything that has expired.

Live cells are read first and records second, so a late deletion run is a lag and not a disclosure:
what lies in a cell that is due is absent here from 00:00 UTC of that day on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection

from retention.errors import ExchangeGone, NoSuchExchange, UnknownExchange
from retention.policies.queries import takes_in
from retention.policies.rules import DataClass
from retention.records.identity import day_of, exchange_id, record_id
from retention.records.parts import Call, Usage
from retention.records.views import Address, ExchangeView, LiveCell, RecordView
from retention.vault import keys as vault
from retention.vault.envelope import CellPlace, unseal
from retention.vault.errors import SealBroken

__all__ = ["Address", "ExchangeView", "LiveCell", "RecordView"]

LIVE_CELLS = """
    SELECT id, clock_day, data_class, retain_days, generation, expires_on FROM retention_cell
    WHERE customer_id = %s AND clock_day BETWEEN %s AND %s AND state = 'open' AND expires_on > %s
"""
RECORDS = """
    SELECT exchange_id, external_id, clock_day, occurred_at, received_at, purpose, subprocessor,
        model, account, endpoint, provider, repository, flags, delivered_at, id, data_class, part,
        cell_id, generation, size, verdict, input_tokens, output_tokens, latency_ms
    FROM retention_record
    WHERE customer_id = %s AND clock_day = ANY(%s) AND exchange_id = ANY(%s)
        AND cell_id = ANY(%s) AND erased_at IS NULL
    ORDER BY data_class <> 'prompt', received_at, data_class, part
"""
PAYLOADS = """
    SELECT id, payload FROM retention_record
    WHERE customer_id = %s AND clock_day = %s AND exchange_id = %s AND cell_id = ANY(%s)
"""
LAST_OF_DAY = """
    SELECT max(expires_on) FROM retention_cell
    WHERE customer_id = %s AND clock_day = %s AND acknowledged > 0
"""


def live_cells(
    customer: UUID, *, today: date, first: date = date.min, last: date = date.max
) -> dict[UUID, LiveCell]:
    """The customer's cells that may be read on `today`, by id."""
    with connection.cursor() as cursor:
        cursor.execute(LIVE_CELLS, [customer, first, last, today])
        return {
            row[0]: LiveCell(row[0], row[1], DataClass(row[2]), *row[3:])
            for row in cursor.fetchall()
        }


def exchange(customer: UUID, address: Address, *, today: date) -> ExchangeView:
    """One exchange with what may be read of it today.

    Raises `ExchangeGone` when its day is named and all that was kept of that day is gone,
    `NoSuchExchange` when nothing of that day was kept or can come any more, else `UnknownExchange`.
    """
    for days in _days(address, today):
        cells = live_cells(customer, today=today, first=min(days), last=max(days))
        live_days = {cell.clock_day for cell in cells.values()}
        ids = [_id_on(customer, address, day) for day in days if day in live_days]
        if found := _load(customer, ids, cells):
            return found[0]
    if day := _named_day(address):
        _refuse_if_gone(customer, day, today)
        if not takes_in(customer, day, today=today):
            raise NoSuchExchange
    raise UnknownExchange


def _days(address: Address, today: date) -> list[list[date]]:
    """The days to search, nearest first: the named one, or today and yesterday, then all."""
    if day := _named_day(address):
        return [[day]]
    near = [today, today - timedelta(days=1)]
    far = [today - timedelta(days=back) for back in range(2, 186)]
    return [near, far]


def _named_day(address: Address) -> date | None:
    if address.exchange is None:
        return address.day
    try:
        return day_of(address.exchange)
    except ValueError:
        raise NoSuchExchange from None


def _id_on(customer: UUID, address: Address, day: date) -> UUID:
    if address.exchange:
        return address.exchange
    assert address.external_id is not None
    return exchange_id(customer, address.external_id, day)


def _refuse_if_gone(customer: UUID, day: date, today: date) -> None:
    """Raise `ExchangeGone` when there was something of that day and nothing of it may be read.

    Of ids nothing is left then: whether this one was among them nobody can say.
    """
    with connection.cursor() as cursor:
        cursor.execute(LAST_OF_DAY, [customer, day])
        (last,) = cursor.fetchone()
    if last is not None and not live_cells(customer, today=today, first=day, last=day):
        raise ExchangeGone(day=day, gone_on=last)


def exchanges(
    customer: UUID,
    *,
    today: date,
    first: date | None = None,
    last: date | None = None,
    data_class: DataClass | None = None,
    repository: str | None = None,
    flag: str | None = None,
    after: tuple[date, UUID] | None = None,
    limit: int,
) -> list[ExchangeView]:
    """The customer's exchanges, newest day first; `after` continues behind that one."""
    last_day = min(last or date.max, after[0] if after else date.max)
    cells = live_cells(customer, today=today, first=first or date.min, last=last_day)
    by_day: dict[date, list[LiveCell]] = defaultdict(list)
    for cell in cells.values():
        by_day[cell.clock_day].append(cell)
    found: list[UUID] = []
    for day in sorted(by_day, reverse=True):
        before = after[1] if after and after[0] == day else None
        missing = limit - len(found)
        found += _page_of_day(
            customer, day, by_day[day], data_class, repository, flag, before, missing
        )
        if len(found) >= limit:
            break
    return _load(customer, found, cells)


# Flags lie in the anchor; they are searched there whatever class is asked for.
FLAGGED = """exchange_id IN (
    SELECT exchange_id FROM retention_record
    WHERE customer_id = %s AND clock_day = %s AND cell_id = ANY(%s) AND %s = ANY(flags))"""


def _page_of_day(
    customer: UUID,
    day: date,
    cells: Sequence[LiveCell],
    data_class: DataClass | None,
    repository: str | None,
    flag: str | None,
    before: UUID | None,
    limit: int,
) -> list[UUID]:
    """Exchange ids of one day, descending: one partition, one index."""
    live = [cell.id for cell in cells]
    of_class = [cell.id for cell in cells if data_class in (None, cell.data_class)]
    conditions = ["customer_id = %s", "clock_day = %s", "cell_id = ANY(%s)", "erased_at IS NULL"]
    parameters: list[Any] = [customer, day, of_class]
    optional: tuple[tuple[str, object, list[Any]], ...] = (
        ("repository = %s", repository, [repository]),
        (FLAGGED, flag, [customer, day, live, flag]),
        ("exchange_id < %s", before, [before]),
    )
    for condition, asked_for, values in optional:
        if asked_for is not None:
            conditions.append(condition)
            parameters += values
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT DISTINCT exchange_id FROM retention_record WHERE {' AND '.join(conditions)}"
            " ORDER BY exchange_id DESC LIMIT %s",
            [*parameters, limit],
        )
        return [found for (found,) in cursor.fetchall()]


def _load(customer: UUID, ids: Collection[UUID], cells: dict[UUID, LiveCell]) -> list[ExchangeView]:
    """The exchanges in the order of `ids`, with their live records."""
    if not ids or not cells:
        return []
    days = list({day_of(identifier) for identifier in ids})
    with connection.cursor() as cursor:
        cursor.execute(RECORDS, [customer, days, list(ids), list(cells)])
        views = _views(customer, cursor.fetchall(), cells)
    return [views[identifier] for identifier in ids if identifier in views]


def _views(
    customer: UUID, found: Iterable[tuple[Any, ...]], cells: dict[UUID, LiveCell]
) -> dict[UUID, ExchangeView]:
    views: dict[UUID, ExchangeView] = {}
    for row in found:
        view = views.get(row[0])
        if view is None:
            call = Call(*row[5:12])
            exchange_, external_id, day, occurred_at, received_at = row[:5]
            view = ExchangeView(
                customer, exchange_, external_id, day, occurred_at, received_at, call
            )
            view.flags, view.delivered_at = tuple(row[12]), row[13]
            views[row[0]] = view
        identifier, data_class, part, cell, generation, size, verdict = row[14:21]
        view.records.append(
            RecordView(
                identifier,
                DataClass(data_class),
                part,
                cells[cell],
                generation,
                size,
                verdict,
                Usage(*row[21:24]),
                row[4],
            )
        )
    return views


def open_records(customer: UUID, view: ExchangeView, *, now: datetime) -> dict[UUID, bytes]:
    """The content of the view's records by record id: canonical JSON, UTF-8.

    Raises `KeyGone` when a cell went meanwhile, `SealBroken` when a row is not what it says.
    """
    by_id = {record.id: record for record in view.records}
    cells = list({record.cell.id for record in view.records})
    keys = vault.fetch(
        {vault.Key(record.cell.id, record.generation) for record in view.records}, now=now
    )
    with connection.cursor() as cursor:
        cursor.execute(PAYLOADS, [customer, view.clock_day, view.exchange, cells])
        payloads = cursor.fetchall()
    opened = {}
    for identifier, payload in payloads:
        record = by_id.get(identifier)
        if record is not None and payload is not None:
            opened[identifier] = _open(customer, view, record, bytes(payload), keys)
    return opened


def _open(
    customer: UUID,
    view: ExchangeView,
    record: RecordView,
    payload: bytes,
    keys: dict[vault.Key, bytes],
) -> bytes:
    # The seal binds the record's id; that follows from the exchange, the class and the part.
    if record.id != record_id(view.exchange, record.data_class, record.part):
        raise SealBroken
    key = keys[vault.Key(record.cell.id, record.generation)]
    cell = CellPlace(customer, view.clock_day, record.data_class.value, record.generation)
    return unseal(key, cell, record.id, "payload", payload)
