"""What the database itself refuses to do to the log, whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import Error, connection, transaction

from retention.ledger import sequence
from retention.ledger.append import append
from retention.ledger.models import Entry

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def run(statement: str, *parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def refused(message: str, statement: str, *parameters: Any) -> None:
    before = list(Entry.objects.order_by("pk").values())
    with pytest.raises(Error, match=message):
        run(statement, *parameters)
    assert list(Entry.objects.order_by("pk").values()) == before


@pytest.fixture(params=["pending", "signed"])
def entry(request: pytest.FixtureRequest) -> Entry:
    """One entry, before and after it was signed."""
    with transaction.atomic():
        written = append("policy:profile:chosen", now=NOW, facts={"profile": "minimal"})
    if request.param == "signed":
        sequence.sign_pending(now=NOW)
    return written


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'policy:version:accepted'",
        "facts = '{}'",
        "subject = gen_random_uuid()",
        "created_at = created_at - interval '1 day'",
        "id = id + 1",
    ],
)
def test_an_entry_is_not_edited(entry: Entry, change: str) -> None:
    refused("entry_signed_once", f"UPDATE retention_entry SET {change}")


def test_an_entry_is_not_edited_while_it_is_signed(entry: Entry) -> None:
    refused(
        "entry_signed_once", "UPDATE retention_entry SET facts = '{\"x\": 1}', signed_at = %s", NOW
    )


def test_a_signature_is_not_taken_back(entry: Entry) -> None:
    refused("entry_signed_once", "UPDATE retention_entry SET signed_at = NULL")


def test_a_signature_is_not_moved(entry: Entry) -> None:
    sequence.sign_pending(now=NOW)
    refused("entry_signed_once", "UPDATE retention_entry SET signed_at = %s", NOW + timedelta(1))


def test_an_entry_does_not_begin_signed(entry: Entry) -> None:
    refused(
        "entry_pending",
        "INSERT INTO retention_entry (kind, facts, created_at, signed_at)"
        " VALUES ('policy:profile:chosen', '{}', %s, %s)",
        NOW,
        NOW,
    )


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM retention_entry",
        "DELETE FROM retention_entry WHERE false",
        "TRUNCATE retention_entry CASCADE",
    ],
)
def test_an_entry_is_not_removed(entry: Entry, statement: str) -> None:
    refused("is refused", statement)


def test_an_entry_is_not_replaced(entry: Entry) -> None:
    refused(
        "entry_signed_once|entry_pending",
        "INSERT INTO retention_entry (id, kind, facts, created_at) VALUES (%s, 'x', '{}', %s)"
        " ON CONFLICT (id) DO UPDATE SET facts = '{\"x\": 1}'",
        entry.pk,
        NOW,
    )
