"""Making, fetching and destroying cell keys.

**Danger.** `destroy` makes every record of a cell unreadable, everywhere, for good. It asks
nothing: whoever calls it has committed the decision and has it signed in the ledger.

**Principle.** A key is made once. A cell with a living key may get further generations; a cell
whose keys are all destroyed is over, and so is one that was destroyed before it had a key. The
table's triggers say the same to anybody who comes with SQL.

**Boundary.** Each call is one durable transaction of the vault, and never part of another one. A
crash before its commit changes nothing; after it, calling again finds the work done.

**What is not guaranteed.** Other processes may use a key for up to 60 seconds after it was
destroyed (`cache`). What each kind of vault and root key protects from stands in `vault/__init__`.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from retention import clock
from retention.vault import stores
from retention.vault.cache import Key, KeyCache
from retention.vault.errors import KeyGone, KeyMissing
from retention.vault.models import CellKey
from retention.vault.providers import KEY_BYTES, RootKey, root_key

__all__ = ["Key", "destroy", "fetch", "make"]

CACHE_SECONDS = 60
CACHE_SIZE = 20_000
# How many cells one statement names: SQLite's builds allow 32,766 parameters.
CHUNK = 10_000

cache = KeyCache(seconds=CACHE_SECONDS, size=CACHE_SIZE)


def make(wanted: Iterable[Key], *, now: datetime | None = None) -> None:
    """Makes those keys that were never made, durably, in one transaction.

    What exists stays as it is, a tombstone too: `fetch` tells. `now` is only noted.
    Raises VaultBusy, VaultUnavailable, RootKeyRefused.
    """
    # Most calls find everything made: they need no write lock.
    with stores.reading():
        missing = _never_made(set(wanted))
    if not missing:
        return
    root, made_at = root_key(), now or clock.now()
    with stores.writing():
        CellKey.objects.bulk_create(
            [_new(key, root, made_at) for key in sorted(_never_made(missing))],
            ignore_conflicts=True,
        )


def fetch(wanted: Iterable[Key], *, now: datetime) -> dict[Key, bytes]:
    """The wanted keys, 32 bytes each, from the cache or with one query.

    Raises KeyMissing naming those that the vault knows nothing of, otherwise KeyGone naming those
    that were destroyed; VaultBusy, VaultUnavailable, RootKeyRefused.
    """
    wanted = set(wanted)
    found = cache.look(wanted, now=now)
    if len(found) < len(wanted):
        mark = cache.mark()
        read, gone = _read(wanted - found.keys())
        cache.keep(read, mark=mark, now=now)
        found |= read
        if missing := wanted - found.keys() - gone:
            raise KeyMissing(missing)
        if gone:
            raise KeyGone(gone)
    return found


def destroy(cells: Iterable[UUID], *, now: datetime) -> int:
    """Destroys all generations of these cells' keys in one transaction; irreversible, idempotent.

    A cell that never had a key gets a tombstone too. Returns how many of the cells were not yet
    destroyed. Raises VaultBusy, VaultUnavailable; nothing is destroyed then.
    """
    cells = set(cells)
    with stores.writing():
        rows = _rows(cells)
        living, unknown = _living(rows), cells - {key.cell for key in rows}
        for chunk in _chunks(living):
            CellKey.objects.filter(cell__in=chunk, destroyed_at=None).update(
                wrapped=None, destroyed_at=now
            )
        CellKey.objects.bulk_create(
            [
                CellKey(cell=cell, generation=0, wrapped=None, made_at=now, destroyed_at=now)
                for cell in sorted(unknown)
            ]
        )
    cache.drop(cells)
    stores.forget()
    return len(living) + len(unknown)


def _rows(cells: set[UUID]) -> dict[Key, bytes | None]:
    """Every generation of these cells: the wrapped key, or None once it was destroyed."""
    rows: dict[Key, bytes | None] = {}
    for chunk in _chunks(cells):
        found = CellKey.objects.filter(cell__in=chunk)
        for cell, generation, wrapped in found.values_list("cell", "generation", "wrapped"):
            rows[Key(cell, generation)] = None if wrapped is None else bytes(wrapped)
    return rows


def _living(rows: dict[Key, bytes | None]) -> set[UUID]:
    return {key.cell for key, wrapped in rows.items() if wrapped is not None}


def _over(rows: dict[Key, bytes | None]) -> set[UUID]:
    """The cells whose keys are all destroyed."""
    return {key.cell for key in rows} - _living(rows)


def _never_made(wanted: set[Key]) -> set[Key]:
    """Those without a row, of cells that are not over."""
    rows = _rows({key.cell for key in wanted})
    over = _over(rows)
    return {key for key in wanted if key not in rows and key.cell not in over}


def _read(wanted: set[Key]) -> tuple[dict[Key, bytes], set[Key]]:
    """The living ones, opened, and those that were destroyed themselves or with their cell."""
    with stores.reading():
        rows = _rows({key.cell for key in wanted})
    root, over = root_key(), _over(rows)
    found = {
        key: root.unwrap(wrapped, _binding(key))
        for key in wanted
        if (wrapped := rows.get(key)) is not None
    }
    gone = {key for key in wanted - found.keys() if key in rows or key.cell in over}
    return found, gone


def _new(key: Key, root: RootKey, now: datetime) -> CellKey:
    wrapped = root.wrap(os.urandom(KEY_BYTES), _binding(key))
    return CellKey(cell=key.cell, generation=key.generation, wrapped=wrapped, made_at=now)


def _binding(key: Key) -> bytes:
    """What a wrapped key is bound to: moved to another row it does not open."""
    return key.cell.bytes + key.generation.to_bytes(4, "big")


def _chunks(cells: set[UUID]) -> Iterable[list[UUID]]:
    ordered = sorted(cells)
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))
