"""A deletion record shows what it proves, step by step, and what it does not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

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
        "Not given out since",
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


def list_of(admin: Client, query: str) -> str:
    answer = admin.get(f"/admin/retention/deletionrecord/?{query}")
    return answer.content.decode().replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("from=2026-11-22", True),
        ("to=2026-11-22", True),
        ("from=2026-11-22&to=2026-11-22", True),
        ("from=2026-11-23", False),
        ("to=2026-11-21", False),
        ("from=&to=", True),
        ("from=soon", False),
        ("to=9999-12-31", False),
        ("day=2026-05-22", True),
        ("day=2026-11-22", False),
    ],
)
def test_it_is_found_by_when_it_was_removed_not_by_the_day_of_the_call(
    admin: Client, deletion: DeletionRecord, query: str, shown: bool
) -> None:
    assert (f"{deletion.pk}/change/" in list_of(admin, query)) is shown


def test_its_filters_say_which_day_they_mean(admin: Client, deletion: DeletionRecord) -> None:
    page = list_of(admin, "")
    for name, title in (("from", "Removed from"), ("to", "Removed to"), ("day", "Day of the call")):
        assert f'<label for="by-{name}">{title}</label>' in page


def test_the_totals_of_what_a_filter_shows_are_said(
    admin: Client, deletion: DeletionRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    add_deletion(deletion.customer_id, date(2026, 5, 21))
    assert "Shown:" not in list_of(admin, "")
    assert "2 deletion records, 6 prompts." in list_of(admin, "customer=acme")
    assert "1 deletion record, 3 prompts." in list_of(admin, "customer=acme&day=2026-05-22")
    monkeypatch.setattr("compliance.admin.deletions.MOST_ADDED", 1)
    assert "too many to add up" in list_of(admin, "customer=acme")


def test_not_given_out_and_keys_destroyed_are_two_things(
    admin: Client, deletion: DeletionRecord
) -> None:
    delete(add_day_group(deletion.customer_id, DAY), deletion, NOW)
    for page in (list_of(admin, ""), page_of(admin, deletion)):
        assert "Not given out since" in page
        assert "22 Nov 2026, 00:00 UTC" in page
        assert "Keys destroyed" in page
        assert "22 Nov 2026, 10:00 UTC" in page
        assert "nreadable since" not in page


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("", "No copy that the service makes of its key store is set up here"),
        ("/media/other/keys.copy", "own copy of the key store is replaced within the hour"),
    ],
)
def test_it_says_what_is_so_of_the_copy_of_the_key_store(
    admin: Client, deletion: DeletionRecord, settings: Any, place: str, said: str
) -> None:
    settings.VAULT_COPY = place
    assert said in page_of(admin, deletion)
    assert "at most an hour old" not in page_of(admin, deletion)


def test_its_title_names_the_customer_and_the_day_of_the_calls(
    admin: Client, deletion: DeletionRecord
) -> None:
    page = page_of(admin, deletion)
    assert "<title>Deletion record of Acme, day of the AI calls: 22 May 2026 · " in page
    assert "</span> Acme, AI calls of 22 May 2026</h1>" in page
