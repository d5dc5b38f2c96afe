"""Keys lie in the vault and nothing else does."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connections, router
from django.db.models import Model

from retention.vault.models import CellKey
from retention.vault.router import VaultRouter

OTHERS = [model for model in apps.get_models() if model._meta.app_label != "vault"]


class Stranger(Model):
    """A model of any other app."""

    class Meta:
        app_label = "retention"
        managed = False


def test_keys_are_read_and_written_in_the_vault() -> None:
    assert router.db_for_read(CellKey) == router.db_for_write(CellKey) == "vault"


@pytest.mark.parametrize("model", [Stranger, *OTHERS], ids=lambda model: model._meta.label)
def test_no_other_model_lies_in_the_vault(model: type[Model]) -> None:
    assert router.db_for_read(model) == router.db_for_write(model) == "default"
    assert not router.allow_migrate_model("vault", model)


def test_the_table_of_keys_is_made_in_the_vault_only() -> None:
    assert router.allow_migrate_model("vault", CellKey)
    assert not router.allow_migrate_model("default", CellKey)
    assert not VaultRouter().allow_migrate("default", "vault")
    assert VaultRouter().allow_migrate("default", "retention") is None


def test_no_relation_crosses_the_wall() -> None:
    assert VaultRouter().allow_relation(CellKey(), CellKey()) is True
    assert VaultRouter().allow_relation(CellKey(), Stranger()) is False
    assert VaultRouter().allow_relation(Stranger(), CellKey()) is False
    assert VaultRouter().allow_relation(Stranger(), Stranger()) is None


def test_a_migrated_vault_holds_the_keys_and_the_list_of_migrations(vault: Path) -> None:
    with connections["vault"].cursor() as cursor:
        tables = connections["vault"].introspection.table_names(cursor)
    assert set(tables) <= {"vault_cellkey", "django_migrations"}


def test_the_settings_use_it() -> None:
    assert "retention.vault.router.VaultRouter" in settings.DATABASE_ROUTERS
