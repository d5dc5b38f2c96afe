"""What was destroyed is not in the file any more: not in a free page, not in the journal."""

from __future__ import annotations

import shutil
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connections

from retention.vault import keys
from retention.vault.keys import Key
from retention.vault.models import CellKey
from tests.retention.vault.conftest import NOW
from tests.vaults import vault_at

COUNT = 2000


def _wrapped() -> list[bytes]:
    rows = CellKey.objects.filter(destroyed_at=None)
    return [bytes(wrapped) for wrapped in rows.values_list("wrapped", flat=True) if wrapped]


def _destroy_half() -> tuple[list[bytes], list[bytes]]:
    """Makes keys, destroys every other one in two batches; returns the destroyed and the kept."""
    wanted = [Key(uuid4(), 1) for _ in range(COUNT)]
    keys.make(wanted, now=NOW)
    before = set(_wrapped())
    for start in (0, 2):
        keys.destroy([key.cell for key in wanted[start::4]], now=NOW)
    kept = _wrapped()
    return sorted(before - set(kept)), kept


def _hits(vault: Path, needles: list[bytes]) -> int:
    """How many needles lie anywhere beside the vault's file, or in it."""
    haystacks = [path.read_bytes() for path in vault.parent.iterdir() if path.is_file()]
    return sum(any(needle in haystack for haystack in haystacks) for needle in needles)


def test_p3_no_destroyed_key_is_left_in_the_vault(vault: Path) -> None:
    destroyed, kept = _destroy_half()
    assert (len(destroyed), len(kept)) == (COUNT // 2, COUNT // 2)
    assert _hits(vault, destroyed) == 0
    # A piece of one would be one too many.
    assert _hits(vault, [needle[13:45] for needle in destroyed]) == 0
    assert _hits(vault, kept) == COUNT // 2


def test_p3_nor_once_the_vault_was_closed(vault: Path) -> None:
    destroyed, _ = _destroy_half()
    connections["vault"].close()
    assert _hits(vault, destroyed) == 0


@pytest.mark.parametrize(
    "pragmas",
    [
        "PRAGMA secure_delete=OFF; PRAGMA journal_mode=TRUNCATE",
        "PRAGMA secure_delete=ON; PRAGMA journal_mode=PERSIST",
        "PRAGMA secure_delete=ON; PRAGMA journal_mode=WAL",
    ],
)
def test_without_the_settings_the_same_search_finds_them(
    vault: Path, empty_vault: Path, tmp_path: Path, pragmas: str
) -> None:
    """The positive control: the search can find, and each setting is needed."""
    careless = tmp_path / "careless" / "vault.sqlite3"
    careless.parent.mkdir()
    shutil.copyfile(empty_vault, careless)
    with vault_at(careless, init_command=pragmas):
        destroyed, _ = _destroy_half()
        assert _hits(careless, destroyed) > 0


def test_a_key_does_not_lie_in_the_vault_as_it_is(vault: Path) -> None:
    keys.make([key := Key(uuid4(), 1)], now=NOW)
    assert keys.fetch([key], now=NOW)[key] not in vault.read_bytes()
