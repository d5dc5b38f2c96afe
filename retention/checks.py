"""What `manage.py check` says about the engine's stores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
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
