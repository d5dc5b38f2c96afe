"""Keys are made once, fetched while they live, and destroyed for good."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db import connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from retention.vault import keys, stores
from retention.vault.errors import KeyGone, KeyMissing, RootKeyRefused
from retention.vault.keys import Key
from retention.vault.models import CellKey
from retention.vault.providers import create_root_key_file
from tests.retention.vault.conftest import NOW

pytestmark = pytest.mark.usefixtures("either_vault")

CELL = UUID(int=1)
KEY = Key(CELL, 1)


def _keys(count: int) -> list[Key]:
    return [Key(uuid4(), 1) for _ in range(count)]


def _fetch_again(*wanted: Key) -> dict[Key, bytes]:
    """As a process that has cached nothing."""
    keys.cache.clear()
    return keys.fetch(wanted, now=NOW)


@contextmanager
def _queries() -> Iterator[CaptureQueriesContext]:
    with CaptureQueriesContext(connections["vault"]) as queries:
        yield queries


def _begun(queries: CaptureQueriesContext) -> int:
    return sum(query["sql"].startswith("BEGIN") for query in queries)


class TestMake:
    def test_a_key_has_32_random_bytes(self) -> None:
        one, other = _keys(2)
        keys.make([one, other], now=NOW)
        found = keys.fetch([one, other], now=NOW)
        assert {len(plain) for plain in found.values()} == {32}
        assert found[one] != found[other]

    def test_it_is_noted_when(self) -> None:
        keys.make([KEY], now=NOW)
        assert CellKey.objects.get(cell=CELL).made_at == NOW

    def test_a_key_is_made_once(self) -> None:
        keys.make([KEY])
        first = keys.fetch([KEY], now=NOW)
        keys.make([KEY, KEY])
        assert _fetch_again(KEY) == first

    def test_generations_have_keys_of_their_own(self) -> None:
        keys.make([KEY, Key(CELL, 2)])
        found = keys.fetch([KEY, Key(CELL, 2)], now=NOW)
        assert found[KEY] != found[Key(CELL, 2)]

    def test_a_living_cell_gets_a_further_generation(self) -> None:
        keys.make([KEY])
        first = keys.fetch([KEY], now=NOW)
        keys.make([KEY, Key(CELL, 2)])
        assert _fetch_again(KEY) == first
        assert _fetch_again(Key(CELL, 2))

    def test_a_thousand_keys_are_one_transaction(self) -> None:
        wanted = _keys(1000)
        with _queries() as queries:
            keys.make(wanted)
        assert _begun(queries) == 1
        assert len(keys.fetch(wanted, now=NOW)) == 1000

    def test_what_exists_takes_no_write_lock(self) -> None:
        keys.make(wanted := _keys(10))
        with _queries() as queries:
            keys.make(wanted)
        assert len(queries) == 1
        assert "BEGIN" not in queries[0]["sql"]

    def test_nothing_wanted_is_nothing_done(self) -> None:
        with _queries() as queries:
            keys.make([])
        assert len(queries) == 0

    def test_a_destroyed_key_is_not_made_anew(self) -> None:
        keys.make([KEY])
        keys.destroy([CELL], now=NOW)
        keys.make([KEY])
        with pytest.raises(KeyGone):
            keys.fetch([KEY], now=NOW)

    def test_a_destroyed_cell_gets_no_new_generation(self) -> None:
        keys.make([KEY])
        keys.destroy([CELL], now=NOW)
        keys.make([Key(CELL, 2), Key(CELL, 0)])
        with pytest.raises(KeyGone):
            keys.fetch([Key(CELL, 2)], now=NOW)
        assert CellKey.objects.filter(cell=CELL).count() == 1

    def test_it_makes_the_others_beside_a_destroyed_one(self) -> None:
        keys.destroy([CELL], now=NOW)
        keys.make([KEY, other := Key(uuid4(), 1)])
        assert keys.fetch([other], now=NOW)

    def test_of_two_makers_the_first_one_wins(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The second one looked before the first one had committed."""
        keys.make([KEY])
        first = keys.fetch([KEY], now=NOW)
        monkeypatch.setattr(keys, "_never_made", set)
        keys.make([KEY])
        assert _fetch_again(KEY) == first

    def test_it_is_never_part_of_another_transaction(self) -> None:
        with transaction.atomic(using="vault"), pytest.raises(RuntimeError, match="durable"):
            keys.make([KEY])


class TestFetch:
    def test_it_asks_once_for_those_it_has_not(self) -> None:
        keys.make(wanted := _keys(300))
        keys.fetch(wanted[:100], now=NOW)
        with _queries() as queries:
            assert keys.fetch(wanted, now=NOW).keys() == set(wanted)
        assert len(queries) == 1
        with _queries() as queries:
            keys.fetch(wanted, now=NOW)
        assert len(queries) == 0

    def test_it_gives_what_was_asked_for_and_nothing_else(self) -> None:
        keys.make([KEY, Key(CELL, 2)])
        assert keys.fetch([Key(CELL, 2)], now=NOW).keys() == {Key(CELL, 2)}
        assert keys.fetch([], now=NOW) == {}

    def test_it_asks_again_after_a_minute(self) -> None:
        keys.make([KEY])
        keys.fetch([KEY], now=NOW)
        with _queries() as queries:
            keys.fetch([KEY], now=NOW + timedelta(seconds=60))
        assert len(queries) == 1

    def test_it_names_the_destroyed(self) -> None:
        one, other, living = _keys(3)
        keys.make([one, other, living])
        keys.destroy([one.cell, other.cell], now=NOW)
        with pytest.raises(KeyGone) as refusal:
            keys.fetch([one, other, living], now=NOW)
        assert refusal.value.keys == {one, other}
        assert refusal.value.code == "key_gone"

    def test_a_key_that_the_vault_does_not_know_is_not_called_destroyed(self) -> None:
        """A vault that was lost, or restored from an older copy, kept no promise."""
        missing, destroyed, living = _keys(3)
        keys.make([destroyed, living])
        keys.destroy([destroyed.cell], now=NOW)
        with pytest.raises(KeyMissing) as refusal:
            keys.fetch([missing, destroyed, living], now=NOW)
        assert refusal.value.keys == {missing}
        assert refusal.value.code == "key_missing"
        with pytest.raises(KeyMissing):
            keys.fetch([living._replace(generation=2)], now=NOW)

    def test_it_finds_more_cells_than_one_statement_names(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keys, "CHUNK", 7)
        keys.make(wanted := _keys(50))
        assert _fetch_again(*wanted).keys() == set(wanted)
        assert keys.destroy([key.cell for key in wanted], now=NOW) == 50

    def test_another_root_key_opens_nothing(self, settings: Settings, tmp_path: Path) -> None:
        keys.make([KEY])
        settings.ROOT_KEY_FILE = tmp_path / "other.key"
        create_root_key_file(settings.ROOT_KEY_FILE)
        with pytest.raises(RootKeyRefused):
            _fetch_again(KEY)

    def test_p15_a_key_copied_to_another_row_does_not_open(self) -> None:
        keys.make([KEY])
        stolen = CellKey.objects.get(cell=CELL).wrapped
        for row in (Key(uuid4(), 1), Key(CELL, 2)):
            CellKey.objects.create(
                cell=row.cell, generation=row.generation, wrapped=stolen, made_at=NOW
            )
            with pytest.raises(RootKeyRefused):
                _fetch_again(row)


class TestDestroy:
    def test_p3_a_destroyed_key_is_gone_at_once_and_for_good(self) -> None:
        keys.make([KEY])
        keys.fetch([KEY], now=NOW)
        assert keys.destroy([CELL], now=NOW) == 1
        with pytest.raises(KeyGone):
            keys.fetch([KEY], now=NOW)
        row = CellKey.objects.get(cell=CELL)
        assert (row.wrapped, row.destroyed_at) == (None, NOW)

    def test_all_generations_go(self) -> None:
        wanted = [Key(CELL, generation) for generation in (1, 2, 3)]
        keys.make(wanted)
        assert keys.destroy([CELL], now=NOW) == 1
        with pytest.raises(KeyGone) as refusal:
            keys.fetch(wanted, now=NOW)
        assert refusal.value.keys == set(wanted)

    def test_other_cells_keep_theirs(self) -> None:
        other = Key(uuid4(), 1)
        keys.make([KEY, other])
        before = keys.fetch([other], now=NOW)
        keys.destroy([CELL], now=NOW)
        assert _fetch_again(other) == before

    def test_a_second_time_changes_nothing(self) -> None:
        keys.make([KEY])
        keys.destroy([CELL], now=NOW)
        assert keys.destroy([CELL, CELL], now=NOW + timedelta(days=1)) == 0
        assert CellKey.objects.get(cell=CELL).destroyed_at == NOW

    def test_a_cell_that_never_had_a_key_gets_a_tombstone(self) -> None:
        assert keys.destroy([CELL], now=NOW) == 1
        keys.make([KEY])
        with pytest.raises(KeyGone):
            keys.fetch([KEY], now=NOW)
        assert keys.destroy([CELL], now=NOW) == 0

    def test_five_hundred_cells_are_one_transaction_of_few_statements(self) -> None:
        wanted = _keys(500)
        keys.make(wanted[:450])
        with _queries() as queries:
            assert keys.destroy([key.cell for key in wanted], now=NOW) == 500
        assert _begun(queries) == 1
        assert len(queries) < 12
        assert CellKey.objects.filter(destroyed_at=NOW).count() == 500

    def test_it_is_never_part_of_another_transaction(self) -> None:
        with transaction.atomic(using="vault"), pytest.raises(RuntimeError, match="durable"):
            keys.destroy([CELL], now=NOW)

    def test_a_fault_half_way_destroys_nothing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """The keys are emptied, then the tombstones fail."""
        keys.make([KEY])
        before = keys.fetch([KEY], now=NOW)

        def broken(*args: object, **kwargs: object) -> None:
            assert not CellKey.objects.filter(destroyed_at=None).exists()
            raise MemoryError

        with monkeypatch.context() as patch:
            patch.setattr(CellKey.objects, "bulk_create", broken)
            with pytest.raises(MemoryError):
                keys.destroy([CELL, uuid4()], now=NOW)
        assert _fetch_again(KEY) == before
        assert CellKey.objects.count() == 1
        assert keys.destroy([CELL], now=NOW) == 1

    def test_a_fault_after_the_commit_leaves_it_destroyed_and_it_may_be_called_again(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        keys.make([KEY])
        keys.fetch([KEY], now=NOW)

        def broken() -> None:
            raise MemoryError

        with monkeypatch.context() as patch:
            patch.setattr(stores, "forget", broken)
            with pytest.raises(MemoryError):
                keys.destroy([CELL], now=NOW)
        with pytest.raises(KeyGone):
            keys.fetch([KEY], now=NOW)
        assert keys.destroy([CELL], now=NOW) == 0
