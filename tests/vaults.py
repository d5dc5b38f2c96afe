"""The alias of the vault, pointed at another database for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.db import connections
from django.db.migrations.executor import MigrationExecutor

from retention.vault import keys


@contextmanager
def vault_as(**changes: object) -> Iterator[None]:
    """Points the alias at another database for a while."""
    config, before = connections.settings["vault"], connections["vault"]
    connections.settings["vault"] = {**config, **changes}
    connections["vault"] = connections.create_connection("vault")
    keys.cache.clear()
    try:
        yield
    finally:
        connections["vault"].close()
        connections["vault"] = before
        connections.settings["vault"] = config
        keys.cache.clear()


@contextmanager
def vault_at(path: Path, **options: object) -> Iterator[Path]:
    """A SQLite file, with the project's own options unless a test says so."""
    own = connections.settings["vault"]["OPTIONS"]
    with vault_as(NAME=str(path), OPTIONS={**own, **options}):
        yield path


def migrate_vault() -> None:
    """Makes the vault's table and triggers, and nothing else."""
    executor = MigrationExecutor(connections["vault"])
    executor.migrate([node for node in executor.loader.graph.leaf_nodes() if node[0] == "vault"])
