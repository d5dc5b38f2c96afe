"""The anchor of ingest: raw COPY BINARY of the rows that ingest stored, a commit for each batch."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID, uuid4

import psycopg
from django.db import connection
from psycopg import sql

from compliance.bench.together import seconds_of
from retention.records.rows import NAMES, TYPES, Row

BATCHES = """
    SELECT DISTINCT received_at FROM retention_record WHERE customer_id = %s ORDER BY 1 LIMIT %s
"""
# Another customer's name makes them new rows of the same table, partition and size.
ROWS = f"""
    SELECT {NAMES.replace("customer_id", "{customer}")} FROM retention_record
    WHERE customer_id = {{of}} AND received_at = {{at}}
    ORDER BY data_class <> 'prompt', id
"""
COPY = f"COPY retention_record ({NAMES}) FROM STDIN (FORMAT BINARY)"


def batches(customer: UUID, most: int) -> list[datetime]:
    """When each batch of this customer came in: batches are told apart by that."""
    with connection.cursor() as cursor:
        cursor.execute(BATCHES, [customer, most])
        return [at for (at,) in cursor.fetchall()]


def encoded(customer: UUID, received: Sequence[datetime]) -> list[bytes]:
    """Each batch in the form that COPY takes: what then goes in costs the sender nothing."""
    with connection.cursor() as cursor:
        found = []
        for statement in _statements(customer, received):
            with cursor.copy(sql.SQL("COPY ({}) TO STDOUT (FORMAT BINARY)").format(statement)) as c:
                found.append(b"".join(bytes(piece) for piece in c))
    return found


def rows(customer: UUID, received: Sequence[datetime]) -> list[list[Row]]:
    """Each batch as values, as the engine has them before it writes."""
    with connection.cursor() as cursor:
        found = []
        for statement in _statements(customer, received):
            cursor.execute(statement)
            found.append([Row(*row) for row in cursor.fetchall()])
    return found


def _statements(customer: UUID, received: Sequence[datetime]) -> list[sql.Composed]:
    fresh = uuid4()
    return [
        sql.SQL(ROWS).format(
            customer=sql.SQL("{}::uuid AS customer_id").format(sql.Literal(str(fresh))),
            of=sql.Literal(customer),
            at=sql.Literal(at),
        )
        for at in received
    ]


def copy_encoded(blocks: Sequence[bytes], *, connections: int) -> float:
    """Seconds for all blocks on so many connections at once."""
    sessions = [_session() for _ in range(connections)]
    shares = [(session, blocks[n::connections]) for n, session in enumerate(sessions)]
    seconds = seconds_of(_copy_blocks, shares)
    for session in sessions:
        session.close()
    return seconds


def _copy_blocks(session: psycopg.Connection, blocks: Sequence[bytes]) -> None:
    for block in blocks:
        with session.transaction(), session.cursor().copy(COPY) as copy:
            copy.write(block)


def copy_rows(found: Sequence[Sequence[Row]]) -> float:
    """Seconds for all batches on one connection, each row encoded on the way."""
    session = _session()
    started = time.perf_counter()
    for batch in found:
        with session.transaction(), session.cursor().copy(COPY) as copy:
            copy.set_types(TYPES)
            for row in batch:
                copy.write_row(row)
    seconds = time.perf_counter() - started
    session.close()
    return seconds


def _session() -> psycopg.Connection:
    """Like Django's own, without Django: as raw as it gets."""
    names = ("dbname", "user", "password", "host", "port")
    params = connection.get_connection_params()
    session: psycopg.Connection = psycopg.connect(
        **{name: params[name] for name in names if params.get(name)}, autocommit=True
    )
    session.execute("SELECT 1")
    return session
