"""Entries belong to the act's transaction; signing is one of its own, one at a time."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from threading import Barrier

import psycopg
import pytest
from django.db import connection, connections, transaction

from retention.errors import LedgerRefused
from retention.ledger import sequence
from retention.ledger.append import append
from retention.ledger.models import Entry

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
LATER = NOW + timedelta(minutes=1)

pytestmark = pytest.mark.usefixtures("live")


def write(count: int = 1, *, now: datetime = NOW) -> None:
    for _ in range(count):
        with transaction.atomic():
            append("policy:profile:chosen", now=now, facts={})


@contextmanager
def other_session() -> Iterator[psycopg.Connection]:
    parameters = connections["default"].get_connection_params()
    wanted = {name: parameters[name] for name in ("host", "user", "dbname")}
    with psycopg.connect(**wanted) as session:
        try:
            yield session
        finally:
            session.rollback()


def test_an_entry_outside_a_transaction_is_refused() -> None:
    with pytest.raises(LedgerRefused, match="transaction of its act"):
        append("policy:profile:chosen", now=NOW, facts={})
    assert not Entry.objects.exists()


def test_what_is_pending_is_signed_and_counted() -> None:
    write(3)
    assert sequence.pending() == 3
    assert sequence.sign_pending(now=LATER) == 3
    assert sequence.pending() == 0
    assert set(Entry.objects.values_list("signed_at", flat=True)) == {LATER}


def test_what_is_signed_is_not_signed_again() -> None:
    write()
    sequence.sign_pending(now=LATER)
    assert sequence.sign_pending(now=LATER + timedelta(days=1)) == 0
    assert set(Entry.objects.values_list("signed_at", flat=True)) == {LATER}


def test_nothing_pending_is_nothing_to_do() -> None:
    assert sequence.sign_pending(now=LATER) == 0


def test_times_of_signing_never_go_back_along_the_log() -> None:
    for minute in range(5):
        write(2, now=NOW + timedelta(minutes=minute))
        sequence.sign_pending(now=NOW + timedelta(minutes=minute))
    signed = list(Entry.objects.order_by("pk").values_list("signed_at", flat=True))
    assert signed == sorted(signed)  # type: ignore[type-var]


def test_an_entry_is_never_signed_before_it_was_written() -> None:
    write(now=LATER)
    sequence.sign_pending(now=NOW)
    assert Entry.objects.get().signed_at == LATER


def test_an_act_that_has_not_committed_is_not_signed() -> None:
    with other_session() as session:
        session.execute(
            "INSERT INTO retention_entry (kind, facts, created_at) VALUES ('x', '{}', %s)", [NOW]
        )
        write()
        assert sequence.sign_pending(now=LATER) == 1
        session.commit()
    assert sequence.pending() == 1
    assert sequence.sign_pending(now=LATER) == 1


def test_while_another_sequencer_works_this_one_does_nothing() -> None:
    write()
    with other_session() as session:
        session.execute(sequence.LOCK)
        assert sequence.sign_pending(now=LATER) == 0
        assert sequence.pending() == 1
    assert sequence.sign_pending(now=LATER) == 1


def test_two_sequencers_never_sign_the_same_entry() -> None:
    write(40)
    ready = Barrier(4)

    def alone() -> int:
        try:
            ready.wait()
            return sum(sequence.sign_pending(now=LATER) for _ in range(20))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        signed = [waiting.result() for waiting in [pool.submit(alone) for _ in range(4)]]
    assert sum(signed) == 40
    assert sequence.pending() == 0


def test_a_crash_before_the_commit_leaves_all_pending_for_whoever_comes_next() -> None:
    def sign_and_die() -> None:
        with transaction.atomic():
            sequence.sign_pending(now=LATER)
            raise ZeroDivisionError

    write(2)
    with pytest.raises(ZeroDivisionError):
        sign_and_die()
    assert sequence.pending() == 2
    assert sequence.sign_pending(now=LATER) == 2


def test_the_lock_ends_with_the_transaction() -> None:
    sequence.sign_pending(now=LATER)
    with connection.cursor() as cursor:
        cursor.execute(
            # Other databases of this server have locks of their own.
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        assert cursor.fetchone() == (0,)
