"""System checks of the vault: what would make a promise untrue says so before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps.config import AppConfig
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import DatabaseError, connections

from retention.vault.copy import beside
from retention.vault.errors import RootKeyRefused
from retention.vault.providers import FileRootKey
from retention.vault.router import ALIAS

ROUTER = "retention.vault.router.VaultRouter"
SHORTEST_TIMEOUT = 20
# What each pragma must answer, and what happens otherwise.
PRAGMAS: dict[str, tuple[set[Any], str]] = {
    "secure_delete": ({1}, "destroyed keys stay in the file's free space"),
    "journal_mode": ({"truncate", "delete"}, "destroyed keys stay in the journal"),
    "synchronous": ({2, 3}, "a destroyed key can be back after a power failure"),
}
HERE = {"", "localhost", "127.0.0.1", "::1"}


@register
def check_places(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """Alias, router and SQLite's transaction settings, without touching the database."""
    if ALIAS not in settings.DATABASES:
        return [
            Error(
                "There is no database with the alias 'vault'.",
                hint="Add DATABASES['vault']; it must not be the database of the records.",
                id="vault.E001",
            )
        ]
    return [*_router(), *_sqlite_options(), *_one_host()]


@register
def check_root_key(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The root key file is there, has the right size and is closed to others."""
    try:
        FileRootKey(Path(settings.ROOT_KEY_FILE))
    except RootKeyRefused as refusal:
        return [
            Error(
                str(refusal),
                hint="Without this very key no record can be read. See retention/vault.",
                id="vault.E005",
            )
        ]
    return []


@register
def check_copy(app_configs: Sequence[AppConfig] | None, **kwargs: Any) -> list[CheckMessage]:
    """The rolling copy would survive what the vault does not."""
    if ALIAS not in settings.DATABASES or not settings.VAULT_COPY:
        return []
    if not _is_sqlite():
        return [
            Error(
                "VAULT_COPY is set, but the vault is no SQLite file.",
                hint="Unset VAULT_COPY; give the vault's PostgreSQL a synchronous standby instead.",
                id="vault.E007",
            )
        ]
    return [*_apart(Path(connections[ALIAS].settings_dict["NAME"]), Path(settings.VAULT_COPY))]


@register(Tags.security, deploy=True)
def check_there_is_a_copy(
    app_configs: Sequence[AppConfig] | None, **kwargs: Any
) -> list[CheckMessage]:
    """In production a SQLite vault without a copy is one broken disk away from nothing."""
    if ALIAS not in settings.DATABASES or settings.VAULT_COPY or not _is_sqlite():
        return []
    return [
        Warning(
            "The vault has no rolling copy: losing its file loses every record.",
            hint="Set VAULT_COPY to a path on another disk.",
            id="vault.W002",
        )
    ]


@register(Tags.database)
def check_pragmas(
    app_configs: Sequence[AppConfig] | None,
    databases: Sequence[str] | None = None,
    **kwargs: Any,
) -> list[CheckMessage]:
    """Reads back from the connection what the vault's SQLite really does."""
    if ALIAS not in (databases or ()) or ALIAS not in settings.DATABASES or not _is_sqlite():
        return []
    try:
        with connections[ALIAS].cursor() as cursor:
            found = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in PRAGMAS}
    except DatabaseError as error:
        return [
            Error(
                f"The vault cannot be opened: {error}",
                hint="Look at VAULT_URL, and at the rights of the file and its folder.",
                id="vault.E008",
            )
        ]
    return [
        Error(
            f"The vault's PRAGMA {name} is {found[name]!r}: {consequence}.",
            hint="Put the pragma into OPTIONS['init_command'] of DATABASES['vault'].",
            id="vault.E004",
        )
        for name, (allowed, consequence) in PRAGMAS.items()
        if found[name] not in allowed
    ]


def _is_sqlite() -> bool:
    return connections[ALIAS].vendor == "sqlite"


def _router() -> Iterator[CheckMessage]:
    if ROUTER not in settings.DATABASE_ROUTERS:
        yield Error(
            "Nothing sends the keys to the vault.",
            hint=f"Add {ROUTER!r} to DATABASE_ROUTERS.",
            id="vault.E002",
        )


def _sqlite_options() -> Iterator[CheckMessage]:
    options = connections[ALIAS].settings_dict.get("OPTIONS", {})
    if not _is_sqlite():
        return
    if (
        options.get("transaction_mode") != "IMMEDIATE"
        or options.get("timeout", 0) < SHORTEST_TIMEOUT
    ):
        yield Error(
            "The vault's SQLite would fail with lock errors under load.",
            hint="Set OPTIONS of DATABASES['vault']: transaction_mode 'IMMEDIATE', timeout 20.",
            id="vault.E003",
        )


def _one_host() -> Iterator[CheckMessage]:
    """A database of records elsewhere is the sign that there are, or will be, several hosts."""
    host = str(connections["default"].settings_dict.get("HOST") or "")
    if _is_sqlite() and host not in HERE and not host.startswith("/"):
        yield Warning(
            f"The records are on {host}, but the vault is a SQLite file: it serves one host only.",
            hint="Several hosts need a small PostgreSQL of their own as the vault (VAULT_URL).",
            id="vault.W001",
        )


def _apart(vault: Path, copy: Path) -> Iterator[CheckMessage]:
    if beside(vault, copy):
        yield Error(
            f"The vault's copy {copy} lies in the same folders as the vault {vault}.",
            hint="Set VAULT_COPY to a path on another disk.",
            id="vault.E006",
        )
    elif _device(vault) is not None and _device(vault) == _device(copy):
        yield Warning(
            f"The vault's copy {copy} lies on the same disk as the vault {vault}.",
            hint="Set VAULT_COPY to a path on another disk: one failure takes both.",
            id="vault.W003",
        )


def _device(path: Path) -> int | None:
    return path.parent.stat().st_dev if path.parent.exists() else None
