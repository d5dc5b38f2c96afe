"""Flags are counted once each, by day and by whom the call went to, and the counts outlive them."""

from __future__ import annotations

from datetime import date
from importlib import import_module
from pkgutil import iter_modules
from unittest import mock
from uuid import UUID

import pytest
from django.db import DatabaseError, connection, transaction

from retention import clock, migrations, tasks
from retention.policies.rules import DataClass
from retention.records import cells, flagged, ingest, later, queries, slips
from retention.records.flagged import Fresh
from retention.records.models import FlagCount, FlagSlip
from retention.records.parts import Call, Status
from retention.records.rows import Row
from tests.factories.exchanges import NOON, exchange, part
from tests.retention.expiry.threads import at_once
from tests.retention.records import raw

TODAY = NOON.date()
USUAL = ("openai", "proj_a1", "responses")


def send(customer: UUID, external_id: str, *flags: str, **named: str) -> None:
    call = Call("", "openai", "m", "proj_a1", "responses")._replace(**named)
    sent = exchange(external_id, flags=flags)._replace(call=call)
    [outcome] = ingest.store(customer, [sent], now=NOON)
    assert outcome.status is Status.STORED


def counted() -> dict[str, int]:
    """Items by flag, as folded."""
    flagged.fold(today=TODAY)
    return {count.flag: count.items for count in FlagCount.objects.order_by("flag")}


def taken(most: int = 100) -> list[Fresh]:
    with transaction.atomic():
        return flagged.take(most)


def test_each_flag_of_a_batch_is_counted(acme: UUID) -> None:
    sent = [exchange(f"x-{n}", flags=("no_finding",)) for n in range(3)]
    both = exchange("y-1", flags=("no_finding", "no_content"))
    ingest.store(acme, [*sent, both, exchange("z-1")], now=NOON)
    assert counted() == {"no_content": 1, "no_finding": 4}
    [row] = FlagCount.objects.filter(flag="no_finding").values_list(
        "customer_id", "clock_day", "subprocessor", "account", "endpoint"
    )
    assert row == (acme, TODAY, *USUAL)


def test_what_is_not_flagged_adds_no_slip(acme: UUID) -> None:
    with mock.patch.object(slips, "add", wraps=slips.add) as add:
        send(acme, "x-1")
    assert add.call_count == 1  # the tally's
    assert not FlagSlip.objects.exists()


def test_a_retry_is_counted_once_also_among_new_ones(acme: UUID) -> None:
    again = exchange("x-1", flags=("no_finding",))
    ingest.store(acme, [again], now=NOON)
    ingest.store(acme, [again, exchange("x-2", flags=("no_finding",))], now=NOON)
    assert counted() == {"no_finding": 2}


def test_a_later_part_that_brings_a_flag_is_counted_once(acme: UUID) -> None:
    [outcome] = ingest.store(acme, [exchange("x-1")], now=NOON)
    row_of = later._row

    def with_flag(*given: object) -> Row:
        return row_of(*given)._replace(flags=["personal_data"])  # type: ignore[arg-type]

    with mock.patch.object(later, "_row", with_flag):
        for _ in range(2):
            verdict = part(DataClass.EVALUATION, "good")
            later.add(acme, queries.Address(exchange=outcome.exchange), verdict, now=NOON)
    assert counted() == {"personal_data": 1}


def test_what_was_rolled_back_was_not_counted(acme: UUID) -> None:
    with (
        mock.patch.object(cells, "acknowledge", side_effect=DatabaseError),
        pytest.raises(DatabaseError),
    ):
        send(acme, "x-1", "no_finding")
    assert not FlagSlip.objects.exists()


def test_the_count_outlives_the_records_and_goes_after_two_years(acme: UUID) -> None:
    send(acme, "x-1", "no_finding")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM retention_record")
    assert counted() == {"no_finding": 1}
    taken()
    flagged.fold(today=date(2028, 11, 22))
    assert FlagCount.objects.exists()
    flagged.fold(today=date(2028, 11, 23))
    assert not FlagCount.objects.exists()


def test_what_nobody_has_taken_yet_does_not_go(acme: UUID) -> None:
    send(acme, "x-1", "no_finding")
    flagged.fold(today=date(2030, 1, 1))
    assert FlagCount.objects.exists()


@pytest.mark.parametrize("name", ["anna@example.com", "Is this it? Yes!", "x" * 65, "a, b"])
def test_a_name_that_could_be_a_sentence_or_an_address_is_not_kept(acme: UUID, name: str) -> None:
    send(acme, "x-1", "no_finding", account=name)
    flagged.fold(today=TODAY)
    [names] = FlagCount.objects.values_list("subprocessor", "account", "endpoint")
    assert names == ("other", "other", "other")


def test_too_many_names_of_a_day_are_one(acme: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flagged, "MOST_NAMES", 3)
    for n in range(5):
        send(acme, f"x-{n}", "no_finding", account=f"proj_{n}")
    flagged.fold(today=TODAY)
    assert FlagCount.objects.exclude(account="other").count() == 3
    assert FlagCount.objects.get(account="other").items == 2


def test_nothing_but_names_and_numbers_lies_in_it() -> None:
    for model in (FlagSlip, FlagCount):
        assert {field.name for field in model._meta.get_fields()} <= {
            *("id", "customer_id", "clock_day", "flag", "subprocessor", "account", "endpoint"),
            *("items", "taken"),
        }


def test_what_is_taken_is_taken_once_and_only_the_rest_later(acme: UUID) -> None:
    send(acme, "x-1", "no_finding")
    flagged.fold(today=TODAY)
    assert taken() == [Fresh(acme, TODAY, "no_finding", *USUAL, 1)]
    assert taken() == []
    for n in (2, 3):
        send(acme, f"x-{n}", "no_finding")
    flagged.fold(today=TODAY)
    assert [fresh.items for fresh in taken()] == [2]
    assert counted() == {"no_finding": 3}


def test_what_was_taken_by_somebody_who_died_is_there_again(acme: UUID) -> None:
    send(acme, "x-1", "no_finding")
    flagged.fold(today=TODAY)
    with transaction.atomic():
        assert len(flagged.take(10)) == 1
        transaction.set_rollback(True)
    assert len(taken()) == 1


def test_takers_and_folders_at_once_take_nothing_twice(acme: UUID) -> None:
    for n in range(6):
        send(acme, f"x-{n}", "no_finding", account=f"proj_{n}")
    found: list[Fresh] = []

    def work() -> None:
        flagged.fold(today=TODAY)
        found.extend(taken(2))

    assert at_once(*[work] * 4) == []
    while more := taken(2):
        found += more
    assert sorted(fresh.account for fresh in found) == [f"proj_{n}" for n in range(6)]


def test_a_fold_that_dies_is_begun_anew(acme: UUID) -> None:
    send(acme, "x-1", "no_finding")
    with mock.patch.object(flagged, "FOLD", flagged.FOLD + " / 0"), pytest.raises(DatabaseError):
        flagged.fold(today=TODAY)
    assert counted() == {"no_finding": 1}


def test_the_minute_folds(acme: UUID) -> None:
    send(acme, "x-1", "no_finding")
    with mock.patch.object(clock, "today", return_value=TODAY):
        tasks.tick()
    assert not FlagSlip.objects.exists()
    assert FlagCount.objects.get().items == 1


def test_the_database_keeps_slips_as_they_are_and_counts_possible(acme: UUID) -> None:
    send(acme, "x-1", "no_finding")
    raw.refused("retention_flagslip", "UPDATE retention_flagslip SET items = 9")
    raw.refused("retention_flagslip", "TRUNCATE retention_flagslip")
    flagged.fold(today=TODAY)
    raw.refused("flagcount_counts", "UPDATE retention_flagcount SET taken = items + 1")
    raw.refused("flagcount_counts", "UPDATE retention_flagcount SET items = 0, taken = 0")


def test_flags_from_before_they_were_counted_are_counted_by_the_migration(acme: UUID) -> None:
    send(acme, "x-1", "no_finding", "no_content")
    send(acme, "x-2")
    raw.run("DELETE FROM retention_flagslip")
    [name] = [m.name for m in iter_modules(migrations.__path__) if m.name.endswith("_flags")]
    raw.run(import_module(f"retention.migrations.{name}").BACKFILL)
    assert counted() == {"no_content": 1, "no_finding": 1}
