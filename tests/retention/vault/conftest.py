"""A vault in a file of its own for each test. It needs no other database."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker, Settings

from retention.vault.providers import create_root_key_file
from tests.vaults import migrate_vault, vault_as, vault_at

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.fixture
def root_key_file(tmp_path: Path, settings: Settings) -> Path:
    """A root key of the test's own."""
    settings.ROOT_KEY_FILE = tmp_path / "root.key"
    create_root_key_file(settings.ROOT_KEY_FILE)
    return tmp_path / "root.key"


@pytest.fixture
def vault(
    empty_vault: Path,
    root_key_file: Path,
    tmp_path: Path,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Path]:
    """The vault's file. What a test commits to it is gone with the test."""
    folder = tmp_path / "vault"
    folder.mkdir(mode=0o700)
    shutil.copyfile(empty_vault, folder / "vault.sqlite3")
    with django_db_blocker.unblock(), vault_at(folder / "vault.sqlite3") as path:
        yield path


@pytest.fixture(scope="session")
def postgresql_server(django_db_blocker: DjangoDbBlocker) -> Iterator[dict[str, Any]]:
    """A vault's settings on the server of the records, with a database that goes afterwards."""
    name = f"vault_{os.getpid()}"
    server = {key.upper(): value for key, value in server_of_the_records().items()}
    changes = {"ENGINE": "django.db.backends.postgresql", "NAME": name, "OPTIONS": {}, **server}
    with django_db_blocker.unblock(), psql("postgres") as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with vault_as(**changes):
                migrate_vault()
            yield changes
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def postgresql_vault(
    postgresql_server: dict[str, Any], root_key_file: Path, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """The name of a PostgreSQL database that is the vault, empty."""
    name = str(postgresql_server["NAME"])
    with psql(name) as owner:
        # The triggers refuse it to everybody else.
        owner.execute("SET session_replication_role = replica")
        owner.execute("TRUNCATE vault_cellkey")
    with django_db_blocker.unblock(), vault_as(**postgresql_server):
        yield name


@pytest.fixture(params=["sqlite", "postgresql"])
def either_vault(request: pytest.FixtureRequest) -> None:
    """Each test twice: one contract, every implementation."""
    request.getfixturevalue("vault" if request.param == "sqlite" else "postgresql_vault")


def psql(database: str) -> psycopg.Connection:
    """A connection beside Django's, as the owner of everything."""
    return psycopg.connect(**server_of_the_records(), dbname=database, autocommit=True)


def server_of_the_records() -> dict[str, Any]:
    """How to reach the PostgreSQL server that the tests run on."""
    params = connections["default"].get_connection_params()
    return {name: params[name] for name in ("host", "port", "user", "password") if name in params}
