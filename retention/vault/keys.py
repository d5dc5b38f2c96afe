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
from retention.vault.errors import KeyGone
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

    Raises KeyGone naming those that were destroyed or never made; VaultBusy, VaultUnavailable,
    RootKeyRefused.
    """
    wanted = set(wanted)
    found = cache.look(wanted, now=now)
    if len(found) < len(wanted):
        mark = cache.mark()
        read = _read(wanted - found.keys())
        cache.keep(read, mark=mark, now=now)
        found |= read
    if gone := wanted - found.keys():
        raise KeyGone(gone)
    return found


def destroy(cells: Iterable[UUID], *, now: datetime) -> int:
    """Destroys all generations of these cells' keys in one transaction; irreversible, idempotent.

    A cell that never had a key gets a tombstone too. Returns how many of the cells were not yet
    destroyed. Raises VaultBusy, VaultUnavailable; nothing is destroyed then.
    """
    cells = set(cells)
    with stores.writing():
        known, living = _known_and_living(cells)
        for chunk in _chunks(living):
            CellKey.objects.filter(cell__in=chunk, destroyed_at=None).update(
                wrapped=None, destroyed_at=now
            )
        CellKey.objects.bulk_create(
            [
                CellKey(cell=cell, generation=0, wrapped=None, made_at=now, destroyed_at=now)
                for cell in sorted(cells - known)
            ]
        )
    cache.drop(cells)
    stores.forget()
    return len(living) + len(cells - known)


def _never_made(wanted: set[Key]) -> set[Key]:
    """Those without a row, of cells that are not over."""
    cells = {key.cell for key in wanted}
    made: set[Key] = set()
    known: set[UUID] = set()
    living: set[UUID] = set()
    for chunk in _chunks(cells):
        rows = CellKey.objects.filter(cell__in=chunk)
        for cell, generation, destroyed_at in rows.values_list(
            "cell", "generation", "destroyed_at"
        ):
            made.add(Key(cell, generation))
            known.add(cell)
            if destroyed_at is None:
                living.add(cell)
    return {key for key in wanted - made if key.cell in living or key.cell not in known}


def _known_and_living(cells: set[UUID]) -> tuple[set[UUID], set[UUID]]:
    known: set[UUID] = set()
    living: set[UUID] = set()
    for chunk in _chunks(cells):
        rows = CellKey.objects.filter(cell__in=chunk)
        known |= set(rows.values_list("cell", flat=True))
        living |= set(rows.filter(destroyed_at=None).values_list("cell", flat=True))
    return known, living


def _read(wanted: set[Key]) -> dict[Key, bytes]:
    root = root_key()
    found: dict[Key, bytes] = {}
    with stores.reading():
        for chunk in _chunks({key.cell for key in wanted}):
            rows = CellKey.objects.filter(cell__in=chunk, destroyed_at=None)
            for cell, generation, wrapped in rows.values_list("cell", "generation", "wrapped"):
                key = Key(cell, generation)
                if key in wanted:
                    found[key] = root.unwrap(bytes(wrapped or b""), _binding(key))
    return found


def _new(key: Key, root: RootKey, now: datetime) -> CellKey:
    wrapped = root.wrap(os.urandom(KEY_BYTES), _binding(key))
    return CellKey(cell=key.cell, generation=key.generation, wrapped=wrapped, made_at=now)


def _binding(key: Key) -> bytes:
    """What a wrapped key is bound to: moved to another row it does not open."""
    return key.cell.bytes + key.generation.to_bytes(4, "big")


def _chunks(cells: set[UUID]) -> Iterable[list[UUID]]:
    ordered = sorted(cells)
    return (ordered[start : start + CHUNK] for start in range(0, len(ordered), CHUNK))
