"""What goes wrong in a store, as the engine's own refusals."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import django.db
from psycopg import errors

from retention.errors import Busy, MissingPartition, StorageFull


@contextmanager
def translated() -> Iterator[None]:
    """Turn a full disk, a missing partition and a lock held too long into refusals."""
    try:
        yield
    except (django.db.Error, errors.Error, sqlite3.Error) as error:
        cause = error.__cause__ if isinstance(error, django.db.Error) else error
        if isinstance(cause, errors.DiskFull) or "disk is full" in str(cause):
            raise StorageFull from error
        if isinstance(cause, errors.CheckViolation) and "no partition" in str(cause):
            raise MissingPartition from error
        if isinstance(
            cause, errors.LockNotAvailable | errors.DeadlockDetected | errors.QueryCanceled
        ):
            raise Busy from error
        raise
