"""Do rows, vault and log of acts agree? At any moment, also between the two halves of a step."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django.db import connection

from retention.expiry.models import DeletionRecord, RemovedSum
from retention.ledger.models import Entry
from retention.policies.rules import ceiling
from retention.records.models import Cell
from retention.vault.models import CellKey
from tests.retention.expiry.scenes import tables

UNTOUCHED = {"open", "sealed"}


@dataclass(frozen=True)
class _World:
    cells: list[Cell]
    rows: Counter[UUID]
    living: set[UUID]
    destroyed: set[UUID]
    signed: dict[int, bool]
    deletions: dict[UUID, DeletionRecord]


def _look() -> _World:
    with connection.cursor() as cursor:
        cursor.execute("SELECT cell_id, count(*) FROM retention_record GROUP BY 1")
        rows = Counter(dict(cursor.fetchall()))
    keys = list(CellKey.objects.values_list("cell", "wrapped"))
    living = {cell for cell, wrapped in keys if wrapped is not None}
    return _World(
        list(Cell.objects.order_by("clock_day", "id")),
        rows,
        living,
        {cell for cell, _ in keys} - living,
        {pk: signed is not None for pk, signed in Entry.objects.values_list("pk", "signed_at")},
        {deletion.pk: deletion for deletion in DeletionRecord.objects.select_related("entry")},
    )


def faults(today: date) -> list[str]:
    """What does not agree; nothing, whatever step of the purge was interrupted."""
    world = _look()
    found = [
        f"{cell.data_class} of {cell.clock_day}: {why}"
        for cell in world.cells
        for why in _of(cell, world, today)
    ]
    found += _of_deletions(world)
    found += _of_entries(world)
    found += _of_sums(world)
    unknown = world.destroyed - {cell.pk for cell in world.cells}
    return found + [f"a key was destroyed for nobody: {cell}" for cell in unknown]


def _of(cell: Cell, world: _World, today: date) -> Iterator[str]:
    expected = cell.acknowledged - cell.delivered - cell.erased - cell.held
    rows, alive = world.rows[cell.pk], cell.pk in world.living
    intended = world.signed.get(cell.intent_id or 0, False)
    if cell.expires_on > today and cell.state != "open":
        yield f"{cell.state} before its day {cell.expires_on}"
    if cell.state in UNTOUCHED and (not alive or rows != expected):
        yield f"{cell.state}, but alive={alive} and {rows} rows of {expected}"
    if cell.state in UNTOUCHED and (cell.intent_id or cell.deletion_id or cell.purged):
        yield f"{cell.state}, but something was said about its end"
    if cell.state == "purging" and rows != expected:
        yield f"purging, but {rows} rows of {expected}: rows went before keys"
    if not alive and not intended:
        yield f"{cell.state}: its key went without a signed entry"
    if cell.state in {"shredded", "purged"} and alive:
        yield f"{cell.state}, but its key lives"
    if cell.deletion_id and rows:
        yield f"a deletion record, but {rows} rows"
    deletion = world.deletions.get(cell.deletion_id) if cell.deletion_id else None
    if cell.state == "purged" and not (deletion and world.signed[deletion.entry_id]):
        yield "purged, but its deletion record is not signed"
    if cell.state == "purged" and cell.purged != expected:
        yield f"purged counts {cell.purged} of {expected}"


def _of_deletions(world: _World) -> Iterator[str]:
    mine: dict[UUID, list[Cell]] = defaultdict(list)
    for cell in world.cells:
        if cell.deletion_id:
            mine[cell.deletion_id].append(cell)
    for deletion in world.deletions.values():
        counts: Counter[str] = Counter()
        for cell in mine[deletion.pk]:
            counts[cell.data_class] += cell.acknowledged - cell.delivered - cell.erased - cell.held
        facts: dict[str, Any] = deletion.entry.facts
        if dict(counts) != deletion.counts or facts["counts"] != deletion.counts:
            yield f"a deletion record counts {deletion.counts}, its cells {dict(counts)}"
        if {str(cell.pk) for cell in mine[deletion.pk]} != set(facts["cells"]):
            yield "a deletion record and its entry name different cells"
        if {(cell.customer_id, cell.clock_day) for cell in mine[deletion.pk]} != {
            (deletion.customer_id, deletion.clock_day)
        }:
            yield "a deletion record is about somebody else's cells"


def _of_entries(world: _World) -> Iterator[str]:
    """Each cell is announced once and proved once, by the entries it names."""
    intents: Counter[str] = Counter()
    proofs: Counter[str] = Counter()
    for entry in Entry.objects.filter(kind="expiry:cells:purging"):
        intents.update(item["cell"] for item in entry.facts["cells"])
    for entry in Entry.objects.filter(kind="expiry:day:purged"):
        proofs.update(entry.facts["cells"])
    for cell in world.cells:
        if intents[str(cell.pk)] != (cell.intent_id is not None):
            yield f"{intents[str(cell.pk)]} entries say that {cell} goes"
        if proofs[str(cell.pk)] != (cell.deletion_id is not None):
            yield f"{proofs[str(cell.pk)]} entries say that {cell} is gone"


def unfinished(today: date) -> list[str]:
    """What a run that nothing hindered would have left behind by mistake."""
    found = [
        f"{cell.data_class} of {cell.clock_day} is {cell.state}"
        for cell in Cell.objects.filter(expires_on__lte=today).exclude(state="purged")
    ]
    found += [f"the table of {day} stands" for day in tables() if ceiling(day) <= today]
    pending = Entry.objects.filter(signed_at=None).count()
    return found + [f"{pending} entries are not signed"] * bool(pending)


def check_exactly(today: date) -> None:
    """Everything due is gone to the last trace, and nothing else has lost anything."""
    due = set(Cell.objects.filter(expires_on__lte=today).values_list("pk", flat=True))
    purged = set(Cell.objects.filter(state="purged").values_list("pk", flat=True))
    still_open = set(Cell.objects.filter(state="open").values_list("pk", flat=True))
    assert purged == due
    assert still_open == set(Cell.objects.values_list("pk", flat=True)) - due
    assert set(CellKey.objects.filter(wrapped=None).values_list("cell", flat=True)) == due
    assert faults(today) == []
    assert unfinished(today) == []


def _of_sums(world: _World) -> Iterator[str]:
    went: Counter[tuple[date, str, bool]] = Counter()
    for deletion in world.deletions.values():
        for kind, items in deletion.counts.items():
            went[deletion.rows_removed_at.date(), kind, False] += items
    for cell in world.cells:
        if cell.state == "purged":
            went[cell.clock_day, cell.data_class, True] += cell.delivered
    sums: Counter[tuple[date, str, bool]] = Counter()
    for day, kind, returned, items in RemovedSum.objects.values_list(
        "day", "data_class", "returned", "items"
    ):
        sums[day, kind, returned] += items
    if +went != sums:
        yield f"sums say {dict(sums)} of {dict(+went)}"
