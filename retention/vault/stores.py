"""What differs between SQLite and PostgreSQL as the vault, in one place.

Both are written by one transaction at a time: SQLite through `BEGIN IMMEDIATE` (settings),
PostgreSQL through a table lock. Readers never wait for that.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from retention.vault.errors import VaultBusy, VaultUnavailable
from retention.vault.router import ALIAS

logger = logging.getLogger(__name__)

SQLITE_LOCKED = {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}
# lock_not_available, deadlock_detected, serialization_failure, query_canceled
POSTGRESQL_LOCKED = {"55P03", "40P01", "40001", "57014"}

ONE_WRITER = "LOCK TABLE vault_cellkey IN SHARE ROW EXCLUSIVE MODE"
# VACUUM takes the dead rows, CHECKPOINT writes the pages, and the WAL that still holds the
# old rows is closed, so that it can be recycled. Each may need a right of its own.
FORGET = ("VACUUM vault_cellkey", "CHECKPOINT", "SELECT pg_switch_wal()")


@contextmanager
def writing() -> Iterator[None]:
    """One durable transaction, alone in the vault: it never lies inside another one.

    Raises VaultBusy if the vault stays locked (SQLite: 20 s), VaultUnavailable if it cannot be
    written at all; nothing has changed then.
    """
    with reading(), transaction.atomic(using=ALIAS, durable=True):
        connection = connections[ALIAS]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute(ONE_WRITER)
        yield


@contextmanager
def reading() -> Iterator[None]:
    """Says what failed in the vault's own words."""
    try:
        yield
    except OperationalError as error:
        raise (VaultBusy if _is_locked(error) else VaultUnavailable)() from error


def forget() -> None:
    """After the commit of a destruction: lets go of the old bytes.

    SQLite has done so within the transaction (`secure_delete`, `journal_mode=TRUNCATE`). On
    PostgreSQL a step that this role may not take is logged and left to the operator.
    """
    connection = connections[ALIAS]
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        for statement in FORGET:
            _try(connection, statement)


def _try(connection: BaseDatabaseWrapper, statement: str) -> None:
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
    except DatabaseError as error:
        logger.warning("vault.forget_incomplete", extra={"step": statement, "why": str(error)})


def _is_locked(error: OperationalError) -> bool:
    cause = error.__cause__
    # The low byte is the primary code; the others tell kinds of busy apart.
    if isinstance(cause, sqlite3.Error) and (cause.sqlite_errorcode & 0xFF) in SQLITE_LOCKED:
        return True
    return getattr(cause, "sqlstate", None) in POSTGRESQL_LOCKED
