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
from django.test.utils import setup_databases, teardown_databases
from psycopg import sql
from pytest_django import DjangoDbBlocker

from retention.vault import keys as vault_keys
from retention.vault.providers import create_root_key_file
from tests.cast import Cast, make_cast
from tests.vaults import migrate_vault, vault_at

_numbers = itertools.count()
TEMPLATE = "{}_template"


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
def django_db_setup(
    django_test_environment: None,
    django_db_modify_db_settings: None,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[None]:
    """Both databases, whatever the collected tests say: `live` clones the migrated one."""
    with django_db_blocker.unblock():
        made = setup_databases(verbosity=0, interactive=False, aliases={"default", "vault"})
        connections.close_all()
        # Nobody ever connects to the template, so it can be cloned whatever else is open.
        name = connections["default"].settings_dict["NAME"]
        _clone(name, TEMPLATE.format(name))
    yield
    with django_db_blocker.unblock():
        _drop(TEMPLATE.format(name))
        teardown_databases(made, verbosity=0)


@pytest.fixture(scope="session")
def empty_vault(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Path:
    """A migrated vault without a key, to be copied."""
    path = tmp_path_factory.mktemp("vault") / "empty.sqlite3"
    with django_db_blocker.unblock(), vault_at(path):
        migrate_vault()
    return path


@contextmanager
def _administration() -> Iterator[psycopg.Connection]:
    params = connections["default"].get_connection_params()
    wanted = {name: params[name] for name in ("host", "user", "password", "port") if name in params}
    with psycopg.connect(**wanted, dbname="postgres", autocommit=True) as connection:
        yield connection


def _clone(template: str, name: str) -> None:
    statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY")
    with _administration() as admin:
        admin.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))


def _drop(name: str) -> None:
    with _administration() as admin:
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(autouse=True)
def _a_password_is_enough(settings: Any) -> None:
    """Most tests are about something else; those about second factors set it as it is."""
    settings.MFA_REQUIRED = False


@pytest.fixture
def live(
    django_db_setup: None,
    empty_vault: Path,
    tmp_path: Path,
    settings: Any,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Live]:
    """Stores of this test's own, in which everything may commit."""
    name = f"live_{os.getpid()}_{next(_numbers)}"
    (tmp_path / "vault").mkdir(mode=0o700)
    stores = Live(name, tmp_path / "vault" / "vault.sqlite3", tmp_path / "root.key")
    shutil.copyfile(empty_vault, stores.vault)
    create_root_key_file(stores.root_key)
    settings.ROOT_KEY_FILE = stores.root_key
    with django_db_blocker.unblock():
        database = connections["default"].settings_dict["NAME"]
        before = connections["vault"].settings_dict["NAME"]
        _clone(TEMPLATE.format(database), name)
        _point_at(name, str(stores.vault))
        try:
            yield stores
        finally:
            _point_at(database, before)
            _drop(name)


def _point_at(database: str, vault: str) -> None:
    connections.close_all()
    connections.settings["default"]["NAME"] = database
    connections.settings["vault"]["NAME"] = vault
    vault_keys.cache.clear()


@pytest.fixture
def cast(live: Live) -> Cast:
    """The people and companies of every story: Acme and Borealis, their keys, the staff."""
    return make_cast()
