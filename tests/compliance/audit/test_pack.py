"""The evidence of a period: whole lists, samples that can be drawn again, sums that agree."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from random import Random
from zipfile import ZipFile

import pytest

from compliance.audit.pack import Sums, build
from compliance.audit.populations import Period, populations
from compliance.customers import lifecycle
from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from compliance.terms import accept
from retention.actor import SYSTEM
from retention.ledger.models import Entry
from retention.records.models import Cell
from tests.compliance.admin.conftest import NOW, add_day_group, add_deletion

pytestmark = pytest.mark.django_db
NOVEMBER = Period(date(2026, 11, 1), date(2026, 11, 30))
BEFORE, WITHIN, AFTER = (datetime(2026, month, 15, tzinfo=UTC) for month in (10, 11, 12))


@contextmanager
def packed(period: Period = NOVEMBER, seed: int = 7, sample: int = 3) -> Iterator[ZipFile]:
    spool, _checks = build(period, seed=seed, sample=sample, by=SYSTEM, now=NOW)
    with spool, ZipFile(spool) as archive:
        yield archive


def table(archive: ZipFile, path: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(archive.read(path).decode("utf-8-sig"))))


def names(archive: ZipFile, name: str) -> set[str]:
    return {row["name"] for row in table(archive, f"population/{name}.csv")}


def disagreeing(archive: ZipFile) -> list[str]:
    return [row["what"] for row in table(archive, "reconciliation.csv") if row["agrees"] != "yes"]


@pytest.fixture
def story(db: None) -> None:
    """Two before, of whom one leaves; three within, of whom one leaves; one afterwards."""
    before = [create_customer(f"Before {n}", by=SYSTEM, now=BEFORE) for n in range(2)]
    within = [create_customer(f"Within {n}", by=SYSTEM, now=WITHIN) for n in range(3)]
    create_customer("After", by=SYSTEM, now=AFTER)
    for customer in (before[0], within[0]):
        lifecycle.leave(customer, by=SYSTEM, now=WITHIN + timedelta(hours=1))
    accept.record(
        within[1], version="1", accepted_on=WITHIN.date(), accepted_by="Lena", source="entered",
        by=SYSTEM, now=WITHIN,
    )  # fmt: skip


def test_customers_at_the_start_and_those_added_less_those_ended_are_those_at_the_end(
    story: None,
) -> None:
    with packed() as archive:
        assert names(archive, "customers_start") == {"Before 0", "Before 1"}
        assert names(archive, "customers_added") == {"Within 0", "Within 1", "Within 2"}
        assert names(archive, "customers_ended") == {"Before 0", "Within 0"}
        assert names(archive, "customers_end") == {"Before 1", "Within 1", "Within 2"}
        sums = {
            row["what"]: (row["left"], row["right"]) for row in table(archive, "reconciliation.csv")
        }
        assert sums["customers: at the start + added - ended = at the end"] == ("3", "3")
        assert sums["customers added = acts that say so"] == ("3", "3")
        assert sums["terms accepted = acts that say so"] == ("1", "1")
        assert disagreeing(archive) == []


def test_a_customer_that_was_made_past_the_verbs_is_a_sum_that_does_not_agree(story: None) -> None:
    Customer.objects.create(name="Slipped in", created_at=WITHIN)
    with packed() as archive:
        assert disagreeing(archive) == ["customers added = acts that say so"]


def test_items_of_deletion_records_are_held_against_their_day_groups(story: None) -> None:
    customer = Customer.objects.get(name="Before 1")
    deletion = add_deletion(customer.pk, date(2026, 5, 15))
    cell = add_day_group(customer.pk, date(2026, 5, 15))
    Cell.objects.filter(pk=cell.pk).update(deletion=deletion, purged=3)
    what = "items in deletion records = items removed from their day groups"
    with packed() as archive:
        assert what not in disagreeing(archive)
        # The test's own record was never signed: that is found as well.
        assert disagreeing(archive) == ["deletion records without a signed entry (0)"]
    Cell.objects.filter(pk=cell.pk).update(purged=2)
    with packed() as archive:
        assert what in disagreeing(archive)


def test_every_list_is_there_with_its_sample_and_the_manifest_says_how_it_was_drawn(
    story: None,
) -> None:
    with packed() as archive:
        manifest = json.loads(archive.read("manifest.json"))
        assert (manifest["first"], manifest["last"]) == ("2026-11-01", "2026-11-30")
        assert (manifest["seed"], manifest["sample"]) == (7, 3)
        paths = {file["path"] for file in manifest["files"]}
        for population in populations():
            assert f"population/{population.name}.csv" in paths
            assert f"sample/{population.name}.csv" in paths
    entry = Entry.objects.get(kind="audit:pack:made")
    assert (entry.facts["seed"], entry.facts["first"]) == ("7", "2026-11-01")


def test_whoever_has_the_seed_draws_the_same_sample_again(story: None) -> None:
    for n in range(40):
        create_customer(f"More {n}", by=SYSTEM, now=WITHIN)
    with packed() as archive:
        whole = table(archive, "population/customers_added.csv")
        sample = table(archive, "sample/customers_added.csv")
    random = Random("7:customers_added")
    drawn = list(enumerate(whole[:3]))
    for number, row in enumerate(whole):
        if number >= 3 and (place := random.randrange(number + 1)) < 3:
            drawn[place] = (number, row)
    assert [(int(row["position"]) - 1, row["id"]) for row in sample] == sorted(
        (number, row["id"]) for number, row in drawn
    )
    with packed(seed=8) as archive:
        assert table(archive, "sample/customers_added.csv") != sample


def test_a_short_list_is_its_own_sample(story: None) -> None:
    with packed() as archive:
        assert len(table(archive, "sample/customers_start.csv")) == 2
        assert table(archive, "sample/notices.csv") == []


def test_of_an_empty_period_every_list_is_empty_and_every_sum_agrees(db: None) -> None:
    with packed(Period(date(2020, 1, 1), date(2020, 1, 1))) as archive:
        assert table(archive, "population/acts.csv") == []
        assert disagreeing(archive) == []


def test_no_list_holds_content_or_a_secret() -> None:
    secrets = ("payload", "identity", "password", "secret_hash", "text", "html", "note", "evidence")
    for population in populations():
        columns = population.statement.partition("FROM")[0]
        assert not [word for word in secrets if f".{word}" in columns or f" {word}," in columns]


def test_a_change_that_was_taken_back_is_taken_away_again() -> None:
    sums = Sums()
    sums.rows.update(activations_start=4, activations_given=10, activations_voided=3)
    sums.rows["activations_end"] = 11
    sums.acts["policy:version:given"] = 10
    assert all(check.agrees for check in sums.checks())
    sums.rows["activations_end"] = 12
    assert [check.what for check in sums.checks() if not check.agrees] == [
        "changes given: at the start + given - taken back = at the end"
    ]
