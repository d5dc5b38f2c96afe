"""The trail as a file: streamed as it is read, however long it is."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from django.db import transaction

from compliance.audit.tables import csv_pieces, jsonl_pieces
from compliance.audit.trail import ACT, Asked, Item, everything
from retention.actor import Actor
from retention.ledger.append import append

FORMATS: Final = ("csv", "jsonl")
COLUMNS: Final = (
    *("at", "what", "kind", "customer", "customer_id", "by", "by_id", "details", "signed_at"),
    *("source", "number"),
)


def exported(asked: Asked, *, form: str, by: Actor, now: datetime) -> Iterator[bytes]:
    """The file in pieces; that it was taken is an act itself. `form`: `csv` or `jsonl`."""
    with transaction.atomic():
        append(
            "audit:trail:exported",
            now=now,
            customer=asked.customer,
            facts={"form": form, "first": asked.first, "last": asked.last,
                   "actor": by.kind, "actor_id": by.id},
        )  # fmt: skip
    rows = (row(item) for item in everything(asked))
    if form == "csv":
        return csv_pieces(COLUMNS, rows)
    return jsonl_pieces(dict(zip(COLUMNS, values, strict=True)) for values in rows)


def row(item: Item) -> tuple[object, ...]:
    """The values of an item, in the order of the columns."""
    return (
        item.at,
        item.told,
        item.kind,
        item.customer_name,
        item.customer_id,
        item.who,
        item.actor_id,
        item.details,
        item.signed_at,
        "act" if item.source == ACT else "field change",
        item.id,
    )
