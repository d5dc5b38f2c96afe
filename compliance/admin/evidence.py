"""What a deletion record proves, step by step, and what it does not."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from django.conf import settings
from django.urls import reverse

from compliance.admin import words
from retention.expiry.models import DeletionRecord
from retention.ledger.models import Entry
from retention.records.models import Cell

# What is promised: not given out from 00:00 UTC, keys and items gone so long after it.
KEYS_WITHIN, ITEMS_WITHIN = timedelta(minutes=15), timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that happened, when, and where that is written."""

    title: str
    text: str
    when: str
    entries: Sequence[tuple[str, str]] = ()
    open: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """A day group that the deletion record covers."""

    name: str
    url: str
    deletion_date: str
    stored: int
    returned: int
    erased: int
    held: int
    removed: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it. `adds_up`: every item that was ever stored in the groups is accounted for.

    `copied`: this service replaces a copy of its key store by itself.
    """

    steps: Sequence[Step]
    groups: Sequence[Group]
    adds_up: bool
    late: str
    removed: str
    copied: bool


def evidence_of(deletion: DeletionRecord) -> Evidence:
    """In one statement: the day groups with the entries that decided about them."""
    cells = list(
        deletion.cells.select_related("intent").order_by("data_class", "retain_days", "id")
    )
    return Evidence(
        list(_steps(deletion, cells)),
        [_group(cell) for cell in cells],
        all(_adds_up(cell) for cell in cells),
        _late(deletion, cells),
        words.instant(deletion.rows_removed_at),
        bool(settings.VAULT_COPY),
    )


def _steps(deletion: DeletionRecord, cells: Sequence[Cell]) -> Iterator[Step]:
    if cells:
        yield Step(
            "Not given out since",
            "From the deletion date on nobody gets it any more, whether a run came by or not.",
            words.deletion_dates(cell.expires_on for cell in cells),
        )
    intents = {cell.intent for cell in cells if cell.intent}
    signed = [entry.signed_at for entry in intents if entry.signed_at]
    yield Step(
        "Decided and signed",
        "The items had been counted and none was missing. Keys go only after this is signed.",
        words.instant(max(signed, default=None)),
        [_to(entry) for entry in sorted(intents, key=lambda entry: entry.pk)],
    )
    yield Step(
        "Keys destroyed",
        "Unreadable for everybody since then: in the database, in its copies, in its backups.",
        words.instant(deletion.keys_destroyed_at),
    )
    yield Step(
        "Items removed",
        "The encrypted items themselves are gone from the database.",
        words.instant(deletion.rows_removed_at),
    )
    proof = deletion.entry
    yield Step(
        "Deletion record signed",
        "It counts as proof from here on, and can be neither changed nor removed.",
        words.instant(proof.signed_at) if proof.signed_at else "not yet",
        [_to(proof)],
        open=proof.signed_at is None,
    )


def _to(entry: Entry) -> tuple[str, str]:
    url = reverse("admin:retention_entry_change", args=[entry.pk])
    return f"Activity log, entry {entry.pk}", url


def _group(cell: Cell) -> Group:
    return Group(
        f"{words.day(cell.clock_day)}, {words.kind_of_data(cell.data_class)}",
        reverse("admin:retention_cell_change", args=[cell.pk]),
        words.deletion_date(cell.expires_on),
        cell.acknowledged,
        cell.delivered,
        cell.erased,
        cell.held,
        cell.purged,
    )


def _adds_up(cell: Cell) -> bool:
    gone = cell.delivered + cell.erased + cell.held + cell.purged
    return cell.state == Cell.State.PURGED and gone == cell.acknowledged


def _late(deletion: DeletionRecord, cells: Sequence[Cell]) -> str:
    """How much later than promised it was, or nothing."""
    found = []
    for cell in cells:
        due = datetime.combine(cell.expires_on, time(), UTC)
        if cell.shredded_at and cell.shredded_at - due > KEYS_WITHIN:
            lag = words.lag(cell.shredded_at - due)
            found.append((cell.shredded_at - due, f"the keys were destroyed {lag} after it"))
    if not found and cells:
        due = datetime.combine(max(cell.expires_on for cell in cells), time(), UTC)
        if (lag_of_items := deletion.rows_removed_at - due) > ITEMS_WITHIN:
            return f"the items were removed {words.lag(lag_of_items)} after it"
    return max(found)[1] if found else ""
