"""Every place of the purge at which a process, or the database, may die.

A boundary lets the sweep come to one place and strikes there, once: with an exception, by killing
this process, or by killing the database. The same places serve all three.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any
from unittest import mock

from django.db import connections
from psycopg import sql

from retention.expiry import partitions, prove, steps
from retention.ledger import sequence
from retention.vault import keys as vault

Strike = Callable[[], None]
Boundary = Callable[[Strike], AbstractContextManager[Any]]


def _after(target: Any, name: str, *, nth: int = 1) -> Boundary:
    """After the nth call that did something has returned."""

    def boundary(strike: Strike) -> AbstractContextManager[Any]:
        original, left = getattr(target, name), nth

        def wrapped(*args: Any, **options: Any) -> Any:
            nonlocal left
            result = original(*args, **options)
            if result or result is None:
                left -= 1
                if left == 0:
                    strike()
            return result

        return mock.patch.object(target, name, wrapped)

    return boundary


def _at(alias: str, fragment: str, *, before: bool = False, nth: int = 1) -> Boundary:
    """Beside the nth statement that begins like this, before whatever would commit it."""

    @contextmanager
    def boundary(strike: Strike) -> Iterator[None]:
        left = nth

        def wrapper(execute: Any, statement: Any, *rest: Any) -> Any:
            nonlocal left
            hit = text_of(statement).startswith(fragment)
            left -= hit
            if hit and left == 0 and before:
                strike()
            result = execute(statement, *rest)
            if hit and left == 0 and not before:
                strike()
            return result

        with connections[alias].execute_wrapper(wrapper):
            yield

    return boundary


def text_of(statement: Any) -> str:
    """A statement as one line, composed or not."""
    text = statement.as_string(None) if isinstance(statement, sql.Composable) else str(statement)
    return " ".join(text.split())


def _few_rows_at_once(boundary: Boundary) -> Boundary:
    @contextmanager
    def smaller(strike: Strike) -> Iterator[None]:
        with mock.patch.object(steps, "ROWS_AT_ONCE", 1), boundary(strike):
            yield

    return smaller


BEHIND_A_READER = "a detach is pending"
BOUNDARIES: Mapping[str, Boundary] = {
    "before closing commits": _at("default", "UPDATE retention_cell SET state = 'sealed'"),
    "after closing": _after(steps, "seal"),
    "before the intent commits": _after(steps, "append_all"),
    "after the intent commits": _after(steps, "pass_point_of_no_return"),
    "before signing commits": _at("default", "UPDATE retention_entry SET signed_at"),
    "after signing": _after(sequence, "sign_pending"),
    "before the vault commits": _at("vault", 'UPDATE "vault_cellkey" SET'),
    "after the keys are destroyed": _after(vault, "destroy"),
    "before shredded commits": _at("default", "UPDATE retention_cell SET state = 'shredded'"),
    "after shredded": _after(steps, "shred"),
    "after some rows are deleted": _few_rows_at_once(
        _at("default", "DELETE FROM retention_record")
    ),
    "after the rows are deleted": _after(steps, "_delete_rows"),
    BEHIND_A_READER: _after(time, "sleep"),
    "after the detach": _at("default", "DROP TABLE", before=True),
    "after the drop": _after(partitions, "drop"),
    "before the deletion record commits": _after(prove, "append_all"),
    "before cells name their deletion": _at(
        "default", "UPDATE retention_cell cell SET deletion_id"
    ),
    "after the deletion record commits": _after(prove, "write_deletion_records"),
    "after the last deletion record": _after(prove, "write_deletion_records", nth=2),
    "before signing deletions commits": _at(
        "default", "UPDATE retention_entry SET signed_at", nth=2
    ),
    "after signing deletions": _after(sequence, "sign_pending", nth=2),
    "before purged commits": _at("default", "UPDATE retention_cell SET state = 'purged'"),
    "after purged": _after(prove, "finish"),
}
