"""One writer at a time, honest refusals, and what a killed writer leaves."""

from __future__ import annotations

import os
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connections

from retention.vault import keys, stores
from retention.vault.errors import KeyGone, VaultBusy, VaultUnavailable
from retention.vault.keys import Key
from retention.vault.models import CellKey
from tests.retention.vault.conftest import NOW
from tests.retention.vault.processes import fork, in_processes, make_and_destroy_at_once
from tests.vaults import vault_at

CELL = UUID(int=1)
KEY = Key(CELL, 1)
WRITERS, TURNS = 4, 200
SAFE = "PRAGMA secure_delete=ON; PRAGMA journal_mode=TRUNCATE; PRAGMA synchronous=FULL"


def test_a_vault_that_stays_locked_says_busy(empty_vault: Path, vault: Path) -> None:
    with vault_at(vault, timeout=0.05), closing(sqlite3.connect(vault)) as other:
        keys.make([KEY], now=NOW)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(VaultBusy) as refusal:
            keys.destroy([CELL], now=NOW)
        with pytest.raises(VaultBusy):
            keys.make([Key(uuid4(), 1)], now=NOW)
        other.rollback()
        assert keys.fetch([KEY], now=NOW)
    assert (refusal.value.code, refusal.value.retryable) == ("vault_busy", True)


def test_readers_do_not_wait_for_a_writer(vault: Path) -> None:
    keys.make([KEY], now=NOW)
    with vault_at(vault, timeout=0.05), closing(sqlite3.connect(vault)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert keys.fetch([KEY], now=NOW)


def test_a_vault_that_is_not_there_says_unavailable(vault: Path, tmp_path: Path) -> None:
    with vault_at(tmp_path / "nowhere" / "vault.sqlite3"):
        with pytest.raises(VaultUnavailable) as refusal:
            keys.fetch([KEY], now=NOW)
        with pytest.raises(VaultUnavailable):
            keys.destroy([CELL], now=NOW)
    assert refusal.value.code == "vault_unavailable"


def test_an_empty_file_in_its_place_says_unavailable(vault: Path, tmp_path: Path) -> None:
    with vault_at(tmp_path / "new.sqlite3"), pytest.raises(VaultUnavailable):
        keys.make([KEY], now=NOW)


def test_writers_side_by_side_meet_no_lock_error(vault: Path) -> None:
    """Deferred transactions failed here in one of ten cases."""
    shared = [Key(UUID(int=number), 1) for number in range(1, 50)]

    def work(number: int) -> None:
        for turn in range(TURNS // 2):
            own = Key(uuid4(), 1)
            keys.make([own, shared[turn % 49]], now=NOW)
            keys.fetch([own], now=NOW)
            keys.destroy([own.cell], now=NOW)
        os._exit(0)

    assert in_processes(WRITERS, work) == [0] * WRITERS
    rows = CellKey.objects.all()
    assert rows.filter(destroyed_at=None).count() == 49
    assert rows.exclude(destroyed_at=None).count() == WRITERS * TURNS // 2


def test_makers_of_the_same_keys_agree_on_them(vault: Path, tmp_path: Path) -> None:
    wanted = [Key(UUID(int=number), 1) for number in range(200)]

    def work(number: int) -> None:
        for start in range(0, 200, 20):
            keys.make(wanted[start : start + 20], now=NOW)
        found = keys.fetch(wanted, now=NOW)
        (tmp_path / f"{number}").write_bytes(b"".join(found[key] for key in wanted))
        os._exit(0)

    assert in_processes(WRITERS, work) == [0] * WRITERS
    assert len({(tmp_path / f"{number}").read_bytes() for number in range(WRITERS)}) == 1


def test_making_and_destroying_one_cell_at_once_ends_with_it_destroyed(vault: Path) -> None:
    make_and_destroy_at_once([UUID(int=number) for number in range(100)])


@pytest.mark.parametrize("step", ["make", "destroy"])
def test_a_writer_killed_before_its_commit_changed_nothing(
    vault: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    wanted = [Key(UUID(int=number), 1) for number in range(300)]
    keys.make(wanted, now=NOW)
    before, file_before = keys.fetch(wanted, now=NOW), vault.read_bytes()
    create = CellKey.objects.bulk_create

    def killed(objects: list[CellKey], ignore_conflicts: bool = False) -> None:
        create(objects, ignore_conflicts=ignore_conflicts)
        os.kill(os.getpid(), signal.SIGKILL)

    def work(number: int) -> None:
        monkeypatch.setattr(CellKey.objects, "bulk_create", killed)
        others = [Key(uuid4(), 1) for _ in range(3000)]
        # So small a page cache that the file is changed before the commit.
        with vault_at(vault, init_command=f"{SAFE}; PRAGMA cache_size=5"):
            if step == "make":
                keys.make(others, now=NOW)
            keys.destroy([key.cell for key in wanted + others], now=NOW)

    assert in_processes(1, work) == [-signal.SIGKILL]
    assert vault.with_name(f"{vault.name}-journal").stat().st_size
    assert vault.read_bytes() != file_before
    keys.cache.clear()
    assert keys.fetch(wanted, now=NOW) == before
    assert CellKey.objects.count() == 300


def test_a_writer_killed_at_any_moment_destroyed_whole_batches(vault: Path) -> None:
    batches = [[uuid4() for _ in range(40)] for _ in range(60)]
    keys.make([Key(cell, 1) for batch in batches for cell in batch], now=NOW)

    def work(number: int) -> None:
        for batch in batches:
            keys.destroy(batch, now=NOW)

    for turn in range(20):
        connections["vault"].close()
        process = fork.Process(target=work, args=(0,))
        process.start()
        time.sleep(0.01 + turn / 400)
        process.kill()
        process.join()
        with connections["vault"].cursor() as cursor:
            assert cursor.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        living = set(CellKey.objects.filter(destroyed_at=None).values_list("cell", flat=True))
        assert all(len(living & set(batch)) in (0, 40) for batch in batches)


def test_a_writer_killed_after_its_commit_destroyed_everything(
    vault: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys.make([KEY], now=NOW)

    def killed() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def work(number: int) -> None:
        monkeypatch.setattr(stores, "forget", killed)
        keys.destroy([CELL], now=NOW)

    assert in_processes(1, work) == [-signal.SIGKILL]
    with pytest.raises(KeyGone):
        keys.fetch([KEY], now=NOW)
    assert keys.destroy([CELL], now=NOW) == 0
