"""One copy of the vault, whole, young, closed to others, and never an older one beside it."""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import stat
from contextlib import closing
from datetime import timedelta
from io import StringIO
from itertools import pairwise
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from pytest_django import Settings

from retention.vault import copy, keys
from retention.vault.errors import CopyRefused, KeyGone
from retention.vault.keys import Key
from retention.vault.models import CellKey
from tests.retention.vault.conftest import NOW
from tests.vaults import vault_at

KEY = Key(UUID(int=1), 1)
HOUR = timedelta(hours=1)


@pytest.fixture
def target(vault: Path, tmp_path: Path, settings: Settings) -> Path:
    """Where the copy belongs: elsewhere."""
    folder = tmp_path / "elsewhere"
    folder.mkdir(mode=0o700)
    settings.VAULT_COPY = str(folder / "vault.copy")
    return folder / "vault.copy"


@pytest.fixture
def wrapped(vault: Path) -> bytes:
    """One wrapped key that the vault holds."""
    keys.make([KEY], now=NOW)
    stored = CellKey.objects.get(cell=KEY.cell).wrapped
    assert stored
    return bytes(stored)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.usefixtures("wrapped")
def test_a_lost_vault_is_restored_from_it(vault: Path, target: Path) -> None:
    before = keys.fetch([KEY], now=NOW)
    assert copy.roll(now=NOW)
    connections["vault"].close()
    vault.unlink()
    shutil.copyfile(target, vault)
    keys.cache.clear()
    assert keys.fetch([KEY], now=NOW) == before


@pytest.mark.usefixtures("wrapped")
def test_a_restored_copy_forgets_again_what_was_destroyed_since(vault: Path, target: Path) -> None:
    """Why the guard destroys again after a restore, from what the ledger says."""
    copy.roll(now=NOW)
    keys.destroy([KEY.cell], now=NOW)
    connections["vault"].close()
    shutil.copyfile(target, vault)
    assert keys.fetch([KEY], now=NOW)
    assert keys.destroy([KEY.cell], now=NOW) == 1
    with pytest.raises(KeyGone):
        keys.fetch([KEY], now=NOW)


def test_it_is_the_only_file_and_only_its_owner_reads_it(vault: Path, target: Path) -> None:
    before = os.umask(0)
    try:
        copy.roll(now=NOW)
    finally:
        os.umask(before)
    assert _names(target.parent) == [target.name]
    assert stat.S_IMODE(target.stat().st_mode) == 0o600


def test_it_carries_the_time_at_which_it_was_made(vault: Path, target: Path) -> None:
    copy.roll(now=NOW)
    assert target.stat().st_mtime == NOW.timestamp()


@pytest.mark.parametrize(
    ("minutes", "replaced"), [(0, False), (59, False), (60, True), (600, True), (-1, True)]
)
@pytest.mark.usefixtures("vault")
def test_it_is_replaced_once_it_is_as_old_as_asked(
    target: Path, minutes: int, replaced: bool
) -> None:
    copy.roll(now=NOW)
    later = NOW + timedelta(minutes=minutes)
    assert copy.roll(now=later, if_older=HOUR) is replaced
    assert target.stat().st_mtime == (later if replaced else NOW).timestamp()


@pytest.mark.usefixtures("vault", "target")
def test_asked_every_minute_it_is_never_an_hour_old() -> None:
    rolled = [minute for minute in range(300) if copy.roll(now=NOW + timedelta(minutes=minute))]
    assert max(b - a for a, b in pairwise(rolled)) < 60
    assert len(rolled) < 10


def test_p3_a_destroyed_key_is_not_in_the_next_copy(
    vault: Path, target: Path, wrapped: bytes
) -> None:
    copy.roll(now=NOW)
    assert wrapped in target.read_bytes()
    keys.destroy([KEY.cell], now=NOW)
    copy.roll(now=NOW + HOUR)
    assert wrapped not in target.read_bytes()


def test_p3_the_replaced_copy_is_overwritten(vault: Path, target: Path, wrapped: bytes) -> None:
    """Somebody still has it open, or a second name for it."""
    copy.roll(now=NOW)
    second_name = target.parent.parent / "kept.aside"
    os.link(target, second_name)
    copy.roll(now=NOW + HOUR)
    assert wrapped in target.read_bytes()
    assert second_name.read_bytes() == bytes(second_name.stat().st_size)


def test_p3_what_a_killed_attempt_left_goes_even_when_the_copy_is_young(
    vault: Path, target: Path, wrapped: bytes
) -> None:
    copy.roll(now=NOW)
    part = target.with_name(f".{target.name}.part")
    part.write_bytes(wrapped)
    second_name = target.parent.parent / "kept.aside"
    os.link(part, second_name)
    assert not copy.roll(now=NOW)
    assert _names(target.parent) == [target.name]
    assert second_name.read_bytes() == bytes(len(wrapped))


@pytest.mark.parametrize("step", ["_back_up", "_sync", "_zero"])
def test_a_fault_half_way_leaves_a_whole_copy(
    vault: Path, target: Path, wrapped: bytes, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    copy.roll(now=NOW)

    def broken(*args: object) -> None:
        raise OSError("no space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(copy, step, broken)
        with pytest.raises(CopyRefused, match="no space left"):
            copy.roll(now=NOW + HOUR)
    with closing(sqlite3.connect(target)) as found:
        assert found.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert wrapped in target.read_bytes()
    assert copy.roll(now=NOW + 2 * HOUR)
    assert _names(target.parent) == [target.name]


def test_a_damaged_vault_does_not_replace_a_good_copy(vault: Path, target: Path) -> None:
    keys.make([Key(uuid4(), 1) for _ in range(500)], now=NOW)
    copy.roll(now=NOW)
    good = target.read_bytes()
    connections["vault"].close()
    with vault.open("r+b") as file:
        file.seek(4096 * 3)
        file.write(os.urandom(4096 * 4))
    with pytest.raises(CopyRefused):
        copy.roll(now=NOW + HOUR)
    assert target.read_bytes() == good


def test_it_is_one_state_of_the_vault_while_others_write(vault: Path, target: Path) -> None:
    keys.make([KEY], now=NOW)
    with closing(sqlite3.connect(vault)) as other:
        other.execute("BEGIN IMMEDIATE")
        other.execute(
            "INSERT INTO vault_cellkey (cell, generation, wrapped, made_at)"
            " VALUES ('x', 1, 'w', '')"
        )
        copy.roll(now=NOW)
        other.rollback()
    with closing(sqlite3.connect(target)) as found:
        assert found.execute("SELECT count(*) FROM vault_cellkey").fetchone() == (1,)


@pytest.mark.usefixtures("vault")
def test_two_do_not_copy_at_once(target: Path) -> None:
    other = os.open(target.parent, os.O_RDONLY)
    try:
        fcntl.flock(other, fcntl.LOCK_EX)
        assert not copy.roll(now=NOW)
        assert not target.exists()
    finally:
        os.close(other)
    assert copy.roll(now=NOW)


@pytest.mark.parametrize("place", ["vault.copy", "deeper/vault.copy", "../vault.copy"])
def test_it_refuses_a_place_beside_the_vault(vault: Path, place: str) -> None:
    target = vault.parent / place
    target.parent.mkdir(exist_ok=True)
    with pytest.raises(CopyRefused, match="--same-disk"):
        copy.roll(now=NOW, to=target)
    assert copy.roll(now=NOW, to=target, same_disk=True)


def test_it_refuses_a_link_to_the_vaults_folder(vault: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(vault.parent)
    with pytest.raises(CopyRefused):
        copy.roll(now=NOW, to=tmp_path / "link" / "vault.copy")


def test_it_never_writes_through_a_link(vault: Path, target: Path) -> None:
    target.symlink_to(vault)
    with pytest.raises(CopyRefused):
        copy.roll(now=NOW)
    assert CellKey.objects.count() == 0


def test_it_refuses_without_a_place(vault: Path, settings: Settings) -> None:
    settings.VAULT_COPY = ""
    with pytest.raises(CopyRefused, match="set VAULT_COPY"):
        copy.roll(now=NOW)


def test_it_refuses_a_folder_that_does_not_exist(vault: Path, tmp_path: Path) -> None:
    with pytest.raises(CopyRefused, match="make it"):
        copy.roll(now=NOW, to=tmp_path / "nowhere" / "vault.copy")


def test_it_refuses_a_vault_that_is_not_there(vault: Path, target: Path, tmp_path: Path) -> None:
    with vault_at(tmp_path / "vault" / "lost.sqlite3"), pytest.raises(CopyRefused):
        copy.roll(now=NOW)
    assert not target.exists()


class TestCommand:
    def _run(self, *args: str) -> str:
        out = StringIO()
        call_command("vault_copy", *args, stdout=out)
        return out.getvalue()

    def test_it_copies_and_says_so(self, target: Path) -> None:
        assert "was replaced" in self._run()
        assert target.exists()

    def test_it_says_when_there_was_nothing_to_do(self, target: Path) -> None:
        self._run()
        assert "Nothing copied" in self._run("--if-older", "3600")
        assert "was replaced" in self._run()

    def test_it_copies_to_another_place(self, target: Path, tmp_path: Path) -> None:
        (tmp_path / "third").mkdir()
        self._run("--to", str(tmp_path / "third" / "vault.copy"))
        assert (tmp_path / "third" / "vault.copy").exists()
        assert not target.exists()

    def test_a_refusal_is_an_error(self, vault: Path, settings: Settings) -> None:
        settings.VAULT_COPY = ""
        with pytest.raises(CommandError, match="VAULT_COPY"):
            self._run()
        beside = str(vault.parent / "vault.copy")
        with pytest.raises(CommandError, match="--same-disk"):
            self._run("--to", beside)
        assert "was replaced" in self._run("--to", beside, "--same-disk")
