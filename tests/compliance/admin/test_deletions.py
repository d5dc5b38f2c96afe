"""A deletion record shows what it proves, step by step, and what it does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from django.test import Client

from compliance.admin.evidence import evidence_of
from compliance.customers.models import Customer
from retention.expiry.models import DeletionRecord
from retention.ledger import sequence
from retention.records.models import Cell
from tests.compliance.admin.conftest import NOW, add_day_group, add_deletion

DAY = date(2026, 5, 22)
MIDNIGHT = datetime(2026, 11, 22, tzinfo=UTC)


def delete(group: Cell, deletion: DeletionRecord, shredded_at: datetime) -> None:
    """The steps that the deletion run takes."""
    steps: list[dict[str, object]] = [
        {"state": "sealed"},
        {"state": "purging", "intent": deletion.entry},
        {"state": "shredded", "shredded_at": shredded_at},
        {"state": "purged", "deletion": deletion, "purged": group.acknowledged - group.delivered},
    ]
    for step in steps:
        Cell.objects.filter(pk=group.pk).update(**step)


def page_of(admin: Client, deletion: DeletionRecord) -> str:
    answer = admin.get(f"/admin/retention/deletionrecord/{deletion.pk}/change/")
    return answer.content.decode().replace("\u00a0", " ").replace("&nbsp;", " ")


@pytest.fixture
def deletion(acme: Customer) -> DeletionRecord:
    return add_deletion(acme.pk, DAY)


def test_it_says_what_it_proves_and_what_it_does_not(
    admin: Client, deletion: DeletionRecord
) -> None:
    page = page_of(admin, deletion)
    for words in ("What it proves", "What it does not prove", "Backups", "root key", "AI vendor"):
        assert words in page


def test_it_shows_the_steps_and_their_entries_in_order(
    admin: Client, deletion: DeletionRecord
) -> None:
    group = add_day_group(deletion.customer_id, DAY, delivered=1)
    delete(group, deletion, NOW)
    sequence.sign_pending(now=NOW)
    page = page_of(admin, DeletionRecord.objects.get())
    order = [
        "Unreadable",
        "Decided and signed",
        "Keys destroyed",
        "Items removed",
        "Deletion record signed",
    ]
    places = [page.index(words, page.index("in this order")) for words in order]
    assert places == sorted(places)
    assert f"/admin/retention/entry/{deletion.entry_id}/change/" in page
    assert f"/admin/retention/cell/{group.pk}/change/" in page
    assert "all items accounted for" in page


def test_without_a_signature_it_is_no_proof(admin: Client, deletion: DeletionRecord) -> None:
    assert "not signed yet: no proof" in page_of(admin, deletion)
    sequence.sign_pending(now=NOW)
    assert "no proof" not in page_of(admin, deletion)


@pytest.mark.parametrize(
    ("keys_after", "items_after", "late"),
    [
        (timedelta(minutes=5), timedelta(minutes=6), ""),
        (timedelta(minutes=15), timedelta(hours=24), ""),
        (timedelta(hours=3), timedelta(hours=4), "the keys were destroyed 3 hours after it"),
        (timedelta(minutes=1), timedelta(days=2), "the items were removed 2 days after it"),
    ],
)
def test_it_says_when_a_run_was_late(
    acme: Customer, keys_after: timedelta, items_after: timedelta, late: str
) -> None:
    deletion = add_deletion(acme.pk, DAY)
    deletion.rows_removed_at = MIDNIGHT + items_after  # in memory: the row itself never changes
    group = add_day_group(acme.pk, DAY)
    delete(group, deletion, MIDNIGHT + keys_after)
    assert evidence_of(deletion).late == late


def test_it_is_found_by_customer_day_run_and_id(admin: Client, deletion: DeletionRecord) -> None:
    other = add_deletion(Customer.objects.create(name="Borealis", created_at=NOW).pk, DAY)

    def found(query: str) -> list[DeletionRecord]:
        answer = admin.get(f"/admin/retention/deletionrecord/?{query}")
        return list(answer.context["cl"].result_list)

    assert found("customer=acme") == [deletion]
    assert set(found("day=2026-05-22")) == {deletion, other}
    assert found("day=2026-05-23") == []
    assert found(f"run__exact={other.run_id}") == [other]
    assert found(f"q={deletion.pk}") == [deletion]
