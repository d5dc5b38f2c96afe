"""PostgreSQL as the vault, for several hosts: what it does in its own way."""

from __future__ import annotations

import logging
import os
import threading
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import IntegrityError, connections, transaction
from django.test.utils import CaptureQueriesContext

from retention.vault import keys
from retention.vault.errors import KeyGone, VaultBusy, VaultUnavailable
from retention.vault.keys import Key
from retention.vault.models import CellKey
from tests.retention.vault.conftest import NOW, psql
from tests.retention.vault.processes import make_and_destroy_at_once
from tests.vaults import vault_as

LIVE, DEAD = UUID(int=1), UUID(int=2)
NEW_KEY = "INSERT INTO vault_cellkey (cell, generation, wrapped, made_at) VALUES (%s, %s, %s, %s)"
FORGET = ["VACUUM vault_cellkey", "CHECKPOINT", "SELECT pg_switch_wal()"]

pytestmark = pytest.mark.usefixtures("postgresql_vault")


def _sql(statement: str, *params: Any) -> None:
    with transaction.atomic(using="vault"), connections["vault"].cursor() as cursor:
        cursor.execute(statement, params)


@pytest.fixture
def rows() -> list[Any]:
    keys.make([Key(LIVE, 1), Key(DEAD, 1)], now=NOW)
    keys.destroy([DEAD], now=NOW)
    return _rows()


def _rows() -> list[Any]:
    fields = ("cell", "generation", "wrapped", "made_at", "destroyed_at")
    found = CellKey.objects.order_by("cell").values_list(*fields)
    return [(*row[:2], row[2] and bytes(row[2]), *row[3:]) for row in found]


ATTACKS: dict[str, tuple[Any, ...]] = {
    "delete a tombstone": ("DELETE FROM vault_cellkey WHERE cell = %s", DEAD),
    "delete all": ("DELETE FROM vault_cellkey",),
    "truncate": ("TRUNCATE vault_cellkey",),
    "bring a key back": (
        "UPDATE vault_cellkey SET wrapped = %s, destroyed_at = NULL WHERE cell = %s",
        b"w",
        DEAD,
    ),
    "exchange a key": ("UPDATE vault_cellkey SET wrapped = %s WHERE cell = %s", b"w", LIVE),
    "empty a key without a date": (
        "UPDATE vault_cellkey SET wrapped = NULL WHERE cell = %s",
        LIVE,
    ),
    "move a tombstone away": (
        "UPDATE vault_cellkey SET cell = %s WHERE cell = %s",
        UUID(int=9),
        DEAD,
    ),
    "move a tombstone's date": (
        "UPDATE vault_cellkey SET destroyed_at = '2030-01-01' WHERE cell = %s",
        DEAD,
    ),
    "a new generation after the end": (NEW_KEY, DEAD, 2, b"w", NOW),
    "the same key again": (NEW_KEY, DEAD, 1, b"w", NOW),
    "bring it back by upsert": (
        NEW_KEY + " ON CONFLICT (cell, generation) DO UPDATE SET wrapped = excluded.wrapped,"
        " destroyed_at = NULL",
        DEAD,
        1,
        b"w",
        NOW,
    ),
    "a generation too large": (NEW_KEY, UUID(int=9), 2**32, b"w", NOW),
    "neither key nor date": (NEW_KEY, UUID(int=9), 1, None, NOW),
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_it_refuses_to(attack: tuple[Any, ...], rows: list[Any]) -> None:
    with pytest.raises(IntegrityError):
        _sql(*attack)
    assert _rows() == rows


def test_after_destroying_it_lets_go_of_the_old_bytes() -> None:
    keys.make([Key(LIVE, 1)], now=NOW)
    with CaptureQueriesContext(connections["vault"]) as queries:
        keys.destroy([LIVE], now=NOW)
    statements = [query["sql"] for query in queries]
    assert statements[-3:] == FORGET
    assert statements.index("COMMIT") < statements.index(FORGET[0])


def test_p3_no_dead_row_is_left() -> None:
    cells = [uuid4() for _ in range(500)]
    keys.make([Key(cell, 1) for cell in cells], now=NOW)
    keys.destroy(cells, now=NOW)
    with connections["vault"].cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pgstattuple")
        cursor.execute("SELECT tuple_count, dead_tuple_count FROM pgstattuple('vault_cellkey')")
        assert cursor.fetchone() == (500, 0)


def test_a_step_it_may_not_take_is_logged_and_the_key_is_gone(
    postgresql_vault: str, caplog: pytest.LogCaptureFixture
) -> None:
    role = f"plain_{os.getpid()}"
    _sql(f"CREATE ROLE {role} LOGIN")
    try:
        _sql(f"GRANT SELECT, INSERT, UPDATE ON vault_cellkey TO {role}")
        keys.make([Key(LIVE, 1)], now=NOW)
        with vault_as(USER=role), caplog.at_level(logging.WARNING, "retention.vault.stores"):
            assert keys.destroy([LIVE], now=NOW) == 1
        assert [record.__dict__["step"] for record in caplog.records] == FORGET[1:]
    finally:
        _sql(f"DROP OWNED BY {role}")
        _sql(f"DROP ROLE {role}")
    with pytest.raises(KeyGone):
        keys.fetch([Key(LIVE, 1)], now=NOW)


def test_a_vault_that_stays_locked_says_busy_and_readers_read_on(postgresql_vault: str) -> None:
    keys.make([Key(LIVE, 1)], now=NOW)
    with psql(postgresql_vault) as other, other.transaction():
        other.execute("LOCK TABLE vault_cellkey IN SHARE ROW EXCLUSIVE MODE")
        with vault_as(OPTIONS={"options": "-c lock_timeout=50"}):
            with pytest.raises(VaultBusy):
                keys.destroy([LIVE], now=NOW)
            assert keys.fetch([Key(LIVE, 1)], now=NOW)


def test_a_vault_that_is_not_there_says_unavailable() -> None:
    with vault_as(NAME="no_such_vault"), pytest.raises(VaultUnavailable):
        keys.fetch([Key(LIVE, 1)], now=NOW)


def test_making_and_destroying_one_cell_at_once_ends_with_it_destroyed() -> None:
    make_and_destroy_at_once([UUID(int=number) for number in range(60)])


def test_no_generation_slips_in_while_its_cell_is_being_destroyed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The maker comes between the emptying of the keys and the commit."""
    keys.make([Key(LIVE, 1)], now=NOW)
    create, maker = CellKey.objects.bulk_create, threading.Thread(target=_make_elsewhere)

    def with_maker(rows: list[CellKey], ignore_conflicts: bool = False) -> None:
        if not maker.ident:
            maker.start()
            maker.join(timeout=0.5)
            assert maker.is_alive()
        create(rows, ignore_conflicts=ignore_conflicts)

    monkeypatch.setattr(CellKey.objects, "bulk_create", with_maker)
    keys.destroy([LIVE], now=NOW)
    maker.join()
    assert not CellKey.objects.filter(destroyed_at=None).exists()


def _make_elsewhere() -> None:
    try:
        keys.make([Key(LIVE, 2)], now=NOW)
    finally:
        connections["vault"].close()
