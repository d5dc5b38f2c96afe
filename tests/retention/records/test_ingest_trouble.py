"""Stores that fail under ingest: a clear refusal, and nothing of the request kept."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from typing import Any
from uuid import UUID

import django.db
import pytest
from psycopg import errors

from retention.errors import Busy, MissingPartition, NoVersionInForce, RetentionError, StorageFull
from retention.expiry import partitions
from retention.policies.rules import DataClass
from retention.records import cells, ingest, later, rows
from retention.records.cells import CellName
from retention.records.parts import Status
from retention.records.queries import Address
from retention.vault import keys as vault
from tests.factories.exchanges import NOON, exchange, part
from tests.retention.records import raw

DAY = NOON.date()
TABLE = partitions.name_of(DAY)
YESTERDAY = NOON - timedelta(days=1)


def wrapped(cause: Exception) -> Exception:
    """As Django raises what psycopg found."""
    error = django.db.OperationalError(str(cause))
    error.__cause__ = cause
    return error


def test_a_missing_partition_is_said_and_nothing_of_the_batch_is_kept(acme: UUID) -> None:
    raw.run(f"DROP TABLE {TABLE}")
    with pytest.raises(MissingPartition) as refusal:
        ingest.store(acme, [exchange("a"), exchange("b", at=YESTERDAY)], now=NOON)
    assert refusal.value.retryable
    assert raw.rows(acme) == []
    assert raw.counts_add_up()


def test_a_missing_partition_is_said_also_when_the_rest_are_duplicates(acme: UUID) -> None:
    ingest.store(acme, [exchange("b", at=YESTERDAY)], now=NOON)
    before = raw.rows(acme)
    raw.run(f"DROP TABLE {TABLE}")
    with pytest.raises(MissingPartition):
        ingest.store(acme, [exchange("b", at=YESTERDAY), exchange("a")], now=NOON)
    assert raw.rows(acme) == before


def test_once_the_partition_is_there_the_same_request_is_stored(acme: UUID) -> None:
    raw.run(f"DROP TABLE {TABLE}")
    with pytest.raises(MissingPartition):
        ingest.store(acme, [exchange()], now=NOON)
    partitions.ensure(DAY)
    [outcome] = ingest.store(acme, [exchange()], now=NOON)
    assert outcome.status is Status.STORED
    assert raw.counts_add_up()


FULL = errors.DiskFull("could not extend file: No space left on device")


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        pytest.param(FULL, StorageFull, id="full"),
        pytest.param(wrapped(FULL), StorageFull, id="full, through Django"),
        pytest.param(
            sqlite3.OperationalError("database or disk is full"), StorageFull, id="vault full"
        ),
        pytest.param(errors.LockNotAvailable("canceling statement"), Busy, id="lock"),
        pytest.param(wrapped(errors.DeadlockDetected("deadlock")), Busy, id="deadlock"),
        pytest.param(wrapped(errors.QueryCanceled("timeout")), Busy, id="timeout"),
    ],
)
def test_trouble_while_writing_is_a_refusal_and_keeps_nothing(
    acme: UUID,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    refusal: type[RetentionError],
) -> None:
    real = rows.write

    def write_then_fail(anchors: Any, parts: Any) -> None:
        real(anchors, parts)
        raise error

    monkeypatch.setattr(rows, "write", write_then_fail)
    with pytest.raises(refusal) as refused:
        ingest.store(acme, [exchange()], now=NOON)
    assert refused.value.retryable
    assert raw.rows(acme) == []
    assert raw.counts_add_up()


def test_other_trouble_is_not_called_a_refusal(acme: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise wrapped(errors.UndefinedColumn("no such column"))

    monkeypatch.setattr(rows, "write", fail)
    with pytest.raises(django.db.OperationalError):
        ingest.store(acme, [exchange()], now=NOON)


def test_a_full_disk_under_a_later_part_keeps_nothing(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    [stored] = ingest.store(acme, [exchange(response=None)], now=NOON)
    before = raw.rows(acme)

    def fail(*_: Any, **__: Any) -> None:
        raise FULL

    monkeypatch.setattr(cells, "acknowledge", fail)
    with pytest.raises(StorageFull):
        later.add(
            acme, Address(exchange=stored.exchange), part(DataClass.RESPONSE, "late"), now=NOON
        )
    assert raw.rows(acme) == before


class Crash(Exception):
    """The process ends here."""


def test_a_crash_between_the_rows_and_the_guard_leaves_nothing(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: Any, **__: Any) -> None:
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(cells, "acknowledge", crash)
        with pytest.raises(Crash):
            ingest.store(acme, [exchange()], now=NOON)
    assert raw.rows(acme) == []
    assert raw.counts_add_up()
    [again] = ingest.store(acme, [exchange()], now=NOON)
    assert again.status is Status.STORED


@pytest.mark.parametrize("keys_made", [False, True])
def test_a_crash_while_cells_are_made_leaves_no_cell_without_a_key(
    acme: UUID, monkeypatch: pytest.MonkeyPatch, keys_made: bool
) -> None:
    real = vault.make

    def crash(*arguments: Any, **more: Any) -> None:
        if keys_made:
            real(*arguments, **more)
        raise Crash

    with monkeypatch.context() as patch:
        patch.setattr(vault, "make", crash)
        with pytest.raises(Crash):
            ingest.store(acme, [exchange()], now=NOON)
    assert raw.run("SELECT count(*) FROM retention_cell") == [(0,)]
    [again] = ingest.store(acme, [exchange()], now=NOON)
    assert again.status is Status.STORED


def test_a_lock_that_is_held_too_long_is_try_again(acme: UUID) -> None:
    ingest.store(acme, [exchange("first")], now=NOON)
    before = raw.rows(acme)
    held = CellName(acme, DAY, DataClass.PROMPT, 0).id
    with raw.other_session() as session:
        session.execute("SELECT 1 FROM retention_cell WHERE id = %s FOR UPDATE", [held])
        raw.run("SET lock_timeout = '100ms'")
        with pytest.raises(Busy):
            ingest.store(acme, [exchange("second")], now=NOON)
    assert raw.rows(acme) == before
    [outcome] = ingest.store(acme, [exchange("second")], now=NOON)
    assert outcome.status is Status.STORED


def test_nothing_is_accepted_for_a_customer_without_a_policy(acme: UUID) -> None:
    stranger = UUID(int=7)
    with pytest.raises(NoVersionInForce):
        ingest.store(stranger, [exchange()], now=NOON)
    assert raw.run("SELECT count(*) FROM retention_cell") == [(0,)]
