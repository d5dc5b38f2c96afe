"""The tables as they lie there, past every module of the engine, and other connections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, TypeVar
from uuid import UUID

import psycopg
import pytest
from django.db import Error, connection, connections, transaction

from retention.policies.rules import DataClass
from retention.records.cells import CellName
from retention.records.models import Cell

T = TypeVar("T")


def run(statement: str, *parameters: Any) -> list[tuple[Any, ...]]:
    """Whatever SQL, as the application role, committed at once."""
    with connection.cursor() as cursor:
        cursor.execute(statement, list(parameters))
        return list(cursor.fetchall()) if cursor.description else []


def refused(message: str, statement: str, *parameters: Any) -> None:
    """The database itself says no, for that reason, and nothing moved."""
    with pytest.raises(Error, match=message), transaction.atomic():
        run(statement, *parameters)


def rows(customer: UUID, columns: str = "*") -> list[tuple[Any, ...]]:
    """All records of a customer, by their place in the table."""
    return run(
        f"SELECT {columns} FROM retention_record WHERE customer_id = %s"
        " ORDER BY clock_day, exchange_id, data_class, part",
        customer,
    )


def classes(customer: UUID) -> list[str]:
    """The classes of all rows of a customer, sorted."""
    return sorted(name for (name,) in rows(customer, "data_class"))


def cell(customer: UUID, day: Any, data_class: DataClass, retain_days: int = 0) -> Cell:
    """One cell."""
    return Cell.objects.get(pk=CellName(customer, day, data_class, retain_days).id)


def counts_add_up() -> bool:
    """Conservation, over every cell and every row."""
    wrong = run(
        "SELECT coalesce(c.id, r.cell_id) FROM retention_cell c"
        " FULL JOIN (SELECT cell_id, count(*) n FROM retention_record GROUP BY 1) r"
        " ON r.cell_id = c.id WHERE coalesce(c.acknowledged - c.delivered - c.erased - c.held"
        " - c.purged, 0) <> coalesce(r.n, 0)"
    )
    return not wrong


def elsewhere(act: Callable[[], T]) -> T:
    """The act's result, on connections of another thread's own."""

    def alone() -> T:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(alone).result()


@contextmanager
def other_session() -> Iterator[psycopg.Connection]:
    """A plain connection to the same database, in a transaction that is rolled back at the end."""
    parameters = connections["default"].get_connection_params()
    wanted = {name: parameters[name] for name in ("host", "user", "dbname", "options")}
    with psycopg.connect(**wanted) as session:
        try:
            yield session
        finally:
            session.rollback()
