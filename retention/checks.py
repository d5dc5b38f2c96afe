"""What `manage.py check` says about the engine's stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connections


@register(Tags.database)
def postgres_is_new_enough(
    app_configs: Any = None, *, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """Detaching a partition concurrently, and more, needs PostgreSQL 15."""
    if not databases or "default" not in databases:
        return []
    connection = connections["default"]
    if connection.vendor != "postgresql":
        return [
            Error("The records need PostgreSQL.", hint="Set DATABASE_URL.", id="retention.E001")
        ]
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        version = int(cursor.fetchone()[0])
    if version < 150000:
        return [
            Error(
                f"PostgreSQL {version // 10000} is too old.",
                hint="Use PostgreSQL 15 or newer.",
                id="retention.E002",
            )
        ]
    return []


def vault_is_lost() -> bool:
    """True when cells with records are live and the vault holds not one key: it was lost."""
    from retention.records.models import Cell
    from retention.vault.models import CellKey

    if CellKey.objects.exists():
        return False
    return Cell.objects.filter(acknowledged__gt=0).exclude(state=Cell.State.PURGED).exists()


@register(Tags.database)
def vault_belongs_to_the_records(
    app_configs: Any = None, *, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """An empty vault beside live records means that every one of them is unreadable."""
    if not databases or not {"default", "vault"} <= set(databases):
        return []
    tables = {alias: connections[alias].introspection.table_names() for alias in databases}
    if "retention_cell" not in tables["default"] or "vault_cellkey" not in tables["vault"]:
        return []
    if not vault_is_lost():
        return []
    return [
        Error(
            "There are live records, but the vault holds no keys: it was lost or replaced.",
            hint="Put the vault (or its rolling copy) back at VAULT_URL before anything starts.",
            id="retention.E003",
        )
    ]


@register(deploy=True)
def somebody_rings_the_bell(app_configs: Any = None, **_: Any) -> list[CheckMessage]:
    """Without a broker the worker never hears of a minute, and nothing is deleted on its day."""
    if not settings.CELERY_BROKER_URL.startswith("memory:"):
        return []
    return [
        Warning(
            "There is no broker: no worker is woken, so nothing is deleted.",
            hint="Set BROKER_URL, or start with manage.py up.",
            id="retention.W001",
        )
    ]
