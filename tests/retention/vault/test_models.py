"""The table of keys holds its promises against anybody who comes with SQL."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.apps import apps
from django.db import IntegrityError, connections, transaction
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from retention.vault import keys
from retention.vault.keys import Key
from retention.vault.models import CellKey
from tests.retention.vault.conftest import NOW

LIVE, DEAD = UUID(int=1), UUID(int=2)

pytestmark = pytest.mark.usefixtures("one_live_one_dead")


@pytest.fixture
def one_live_one_dead(vault: Path) -> list[tuple[object, ...]]:
    keys.make([Key(LIVE, 1), Key(DEAD, 1)], now=NOW)
    keys.destroy([DEAD], now=NOW)
    return _rows()


def _rows() -> list[tuple[object, ...]]:
    return list(
        CellKey.objects.order_by("cell").values_list(
            "cell", "generation", "wrapped", "made_at", "destroyed_at"
        )
    )


def _sql(statement: str, *params: Any) -> None:
    with transaction.atomic(using="vault"), connections["vault"].cursor() as cursor:
        cursor.execute(statement, params)


ATTACKS: dict[str, tuple[Any, ...]] = {
    "delete a tombstone": ("DELETE FROM vault_cellkey WHERE cell = %s", DEAD.hex),
    "delete a key": ("DELETE FROM vault_cellkey WHERE cell = %s", LIVE.hex),
    "delete all": ("DELETE FROM vault_cellkey",),
    "bring a key back": (
        "UPDATE vault_cellkey SET wrapped = %s, destroyed_at = NULL WHERE cell = %s",
        b"w",
        DEAD.hex,
    ),
    "exchange a key": ("UPDATE vault_cellkey SET wrapped = %s WHERE cell = %s", b"w", LIVE.hex),
    "empty a key without a date": (
        "UPDATE vault_cellkey SET wrapped = NULL WHERE cell = %s",
        LIVE.hex,
    ),
    "a date without emptying": (
        "UPDATE vault_cellkey SET destroyed_at = %s WHERE cell = %s",
        NOW,
        LIVE.hex,
    ),
    "move a tombstone's date": (
        "UPDATE vault_cellkey SET destroyed_at = '2030-01-01' WHERE cell = %s",
        DEAD.hex,
    ),
    "move a tombstone away": (
        "UPDATE vault_cellkey SET cell = %s WHERE cell = %s",
        UUID(int=9).hex,
        DEAD.hex,
    ),
    "renumber a tombstone": ("UPDATE vault_cellkey SET generation = 7 WHERE cell = %s", DEAD.hex),
    "empty and move at once": (
        "UPDATE vault_cellkey SET wrapped = NULL, destroyed_at = %s, cell = %s WHERE cell = %s",
        NOW,
        UUID(int=9).hex,
        LIVE.hex,
    ),
    "replace by update": (
        "UPDATE OR REPLACE vault_cellkey SET cell = %s WHERE cell = %s",
        DEAD.hex,
        LIVE.hex,
    ),
    "a new generation after the end": (
        "INSERT INTO vault_cellkey VALUES (%s, 2, %s, %s, NULL)",
        DEAD.hex,
        b"w",
        NOW,
    ),
    "a new generation after the end, ignoring conflicts": (
        "INSERT OR IGNORE INTO vault_cellkey (cell, generation, wrapped, made_at)"
        " VALUES (%s, 2, %s, %s)",
        DEAD.hex,
        b"w",
        NOW,
    ),
    "neither key nor date": (
        "INSERT INTO vault_cellkey (cell, generation, made_at) VALUES (%s, 1, %s)",
        UUID(int=9).hex,
        NOW,
    ),
    "a generation below nought": (
        "INSERT INTO vault_cellkey (cell, generation, wrapped, made_at) VALUES (%s, -1, %s, %s)",
        UUID(int=9).hex,
        b"w",
        NOW,
    ),
    "a generation too large": (
        "INSERT INTO vault_cellkey (cell, generation, wrapped, made_at)"
        " VALUES (%s, 4294967296, %s, %s)",
        UUID(int=9).hex,
        b"w",
        NOW,
    ),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_it_refuses_to(
    attack: tuple[Any, ...], one_live_one_dead: list[tuple[object, ...]]
) -> None:
    with pytest.raises(IntegrityError):
        _sql(*attack)
    assert _rows() == one_live_one_dead


@pytest.mark.parametrize("verb", ["INSERT OR REPLACE", "REPLACE", "INSERT OR IGNORE", "INSERT"])
@pytest.mark.parametrize("cell", [LIVE, DEAD], ids=["live", "dead"])
def test_a_second_row_for_the_same_key_changes_nothing(
    verb: str, cell: UUID, one_live_one_dead: list[tuple[object, ...]]
) -> None:
    _sql(
        f"{verb} INTO vault_cellkey (cell, generation, wrapped, made_at) VALUES (%s, 1, %s, %s)",
        cell.hex,
        b"w",
        NOW,
    )
    assert _rows() == one_live_one_dead


def test_an_upsert_changes_nothing(one_live_one_dead: list[tuple[object, ...]]) -> None:
    _sql(
        "INSERT INTO vault_cellkey (cell, generation, wrapped, made_at) VALUES (%s, 1, %s, %s)"
        " ON CONFLICT (cell, generation) DO UPDATE SET wrapped = excluded.wrapped,"
        " destroyed_at = NULL",
        DEAD.hex,
        b"w",
        NOW,
    )
    assert _rows() == one_live_one_dead


def test_models_cannot_do_more_than_sql() -> None:
    with pytest.raises(IntegrityError):
        CellKey.objects.filter(cell=DEAD).delete()
    with pytest.raises(IntegrityError):
        CellKey.objects.filter(cell=DEAD).update(wrapped=b"w", destroyed_at=None)


def test_destroying_and_making_are_still_possible() -> None:
    _sql(
        "UPDATE vault_cellkey SET wrapped = NULL, destroyed_at = %s WHERE cell = %s", NOW, LIVE.hex
    )
    assert not CellKey.objects.filter(destroyed_at=None).exists()
    keys.make([Key(uuid4(), 1)], now=NOW)
    assert CellKey.objects.filter(destroyed_at=None).count() == 1


def test_the_migrations_say_what_the_models_say() -> None:
    loader = MigrationLoader(None)
    found = MigrationAutodetector(loader.project_state(), ProjectState.from_apps(apps))
    assert "vault" not in found.changes(loader.graph)
