"""Real stores for every test that commits: a cloned PostgreSQL database and a vault file.

`live` clones the migrated test database (a TRUNCATE, the usual way, is refused by the triggers that
protect evidence) and an empty vault, and drops both afterwards.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker

from retention.vault import keys as vault_keys
from retention.vault.providers import create_root_key_file
from tests.cast import Cast, make_cast

_numbers = itertools.count()


@dataclass(frozen=True)
class Live:
    """Where the stores of this test are."""

    database: str
    vault: Path
    root_key: Path

    def environment(self) -> dict[str, str]:
        """For a process of the project's own that works on the same stores."""
        params = connections["default"].get_connection_params()
        host, user = params.get("host", ""), params.get("user", "")
        return {
            **os.environ,
            "DATABASE_URL": f"postgres://{user}@/{self.database}?host={host}",
            "VAULT_URL": str(self.vault),
            "ROOT_KEY_FILE": str(self.root_key),
        }


@pytest.fixture(scope="session")
def _templates(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, Path]:
    """The migrated database's name, and a file with a migrated vault."""
    vault = tmp_path_factory.mktemp("templates") / "vault.sqlite3"
    with django_db_blocker.unblock():
        shutil.copyfile(connections["vault"].settings_dict["NAME"], vault)
        return connections["default"].settings_dict["NAME"], vault


@contextmanager
def _administration() -> Iterator[psycopg.Connection]:
    params = connections["default"].get_connection_params()
    wanted = {name: params[name] for name in ("host", "user", "password", "port") if name in params}
    with psycopg.connect(**wanted, dbname="postgres", autocommit=True) as connection:
        yield connection


@pytest.fixture
def live(
    _templates: tuple[str, Path],
    tmp_path: Path,
    settings: Any,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Live]:
    """Stores of this test's own, in which everything may commit."""
    template, empty_vault = _templates
    name = f"live_{os.getpid()}_{next(_numbers)}"
    (tmp_path / "vault").mkdir(mode=0o700)
    stores = Live(name, tmp_path / "vault" / "vault.sqlite3", tmp_path / "root.key")
    shutil.copyfile(empty_vault, stores.vault)
    create_root_key_file(stores.root_key)
    settings.ROOT_KEY_FILE = stores.root_key
    with django_db_blocker.unblock():
        before = connections["vault"].settings_dict["NAME"]
        _point_at(name, str(stores.vault))
        with _administration() as admin:
            admin.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(
                    sql.Identifier(name), sql.Identifier(template)
                )
            )
        try:
            yield stores
        finally:
            _point_at(template, before)
            with _administration() as admin:
                admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def _point_at(database: str, vault: str) -> None:
    connections.close_all()
    connections.settings["default"]["NAME"] = database
    connections.settings["vault"]["NAME"] = vault
    vault_keys.cache.clear()


@pytest.fixture
def cast(live: Live) -> Cast:
    """The people and companies of every story: Acme and Borealis, their keys, the staff."""
    return make_cast()
