"""A vault in a file of its own for each test. It needs no other database."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connections
from django.db.migrations.executor import MigrationExecutor
from pytest_django import DjangoDbBlocker, Settings

from retention.vault import keys
from retention.vault.providers import create_root_key_file

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


@contextmanager
def vault_at(path: Path, **options: object) -> Iterator[Path]:
    """Points the alias at another file, with the project's own options unless a test says so."""
    config, before = connections.settings["vault"], connections["vault"]
    connections.settings["vault"] = {
        **config,
        "NAME": str(path),
        "OPTIONS": {**config["OPTIONS"], **options},
    }
    connections["vault"] = connections.create_connection("vault")
    keys.cache.clear()
    try:
        yield path
    finally:
        connections["vault"].close()
        connections["vault"] = before
        connections.settings["vault"] = config
        keys.cache.clear()


@pytest.fixture(scope="session")
def empty_vault(
    tmp_path_factory: pytest.TempPathFactory, django_db_blocker: DjangoDbBlocker
) -> Path:
    """A migrated vault without a key, to be copied."""
    path = tmp_path_factory.mktemp("vault") / "empty.sqlite3"
    with django_db_blocker.unblock(), vault_at(path):
        executor = MigrationExecutor(connections["vault"])
        executor.migrate(
            [node for node in executor.loader.graph.leaf_nodes() if node[0] == "vault"]
        )
    return path


@pytest.fixture
def vault(
    empty_vault: Path,
    tmp_path: Path,
    settings: Settings,
    django_db_blocker: DjangoDbBlocker,
) -> Iterator[Path]:
    """The vault's file. What a test commits to it is gone with the test."""
    folder = tmp_path / "vault"
    folder.mkdir(mode=0o700)
    settings.ROOT_KEY_FILE = tmp_path / "root.key"
    create_root_key_file(settings.ROOT_KEY_FILE)
    shutil.copyfile(empty_vault, folder / "vault.sqlite3")
    with django_db_blocker.unblock(), vault_at(folder / "vault.sqlite3") as path:
        yield path
