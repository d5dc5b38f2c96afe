"""Tallies: every record that was acknowledged is counted once, and the count outlives it (P1)."""

from __future__ import annotations

from datetime import date, timedelta
from unittest import mock
from uuid import UUID

import pytest
from django.db import DatabaseError, connection

from retention import clock, tasks
from retention.policies.rules import DataClass, ceiling
from retention.records import cells, deliver, ingest, later, queries, tally
from retention.records.models import DayTally, Tally, TallySlip
from retention.records.parts import Call, Status
from tests.factories.exchanges import NOON, exchange, part
from tests.retention.expiry.threads import at_once
from tests.retention.records import raw

TODAY = NOON.date()
OTHER = {"model": "other", "purpose": "other", "subprocessor": "other"}


def call(**named: str) -> Call:
    """A call that names these."""
    return Call(**{"purpose": "triage", "subprocessor": "openai", "model": "gpt-5.1", **named})


def send(customer: UUID, external_id: str, **named: str) -> None:
    sent = exchange(external_id)._replace(call=call(**named))
    [outcome] = ingest.store(customer, [sent], now=NOON)
    assert outcome.status is Status.STORED


def counted() -> dict[str, tuple[int, int]]:
    """Items and bytes by kind, as folded."""
    tally.fold(today=TODAY)
    return {t.data_class: (t.items, t.bytes) for t in Tally.objects.all()}


def test_a_batch_is_counted_by_kind_with_its_sizes(acme: UUID) -> None:
    sent = [exchange(f"x-{n}", snippets=("abc", "de"), response="1234567") for n in range(4)]
    ingest.store(acme, sent, now=NOON)
    prompt = len("Is this a true positive?")
    assert counted() == {"prompt": (4, 4 * prompt), "snippet": (8, 4 * 5), "response": (4, 4 * 7)}


def test_it_says_what_the_day_groups_say(acme: UUID, borealis: UUID) -> None:
    for customer in (acme, borealis):
        ingest.store(customer, [exchange(f"x-{n}") for n in range(3)], now=NOON)
    tally.fold(today=TODAY)
    by_group = raw.run(
        "SELECT customer_id, clock_day, data_class, sum(acknowledged)::bigint FROM retention_cell"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    by_tally = raw.run(
        "SELECT customer_id, clock_day, data_class, sum(items)::bigint FROM retention_tally"
        " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
    )
    assert by_tally == by_group
    assert {(t.data_class, t.items) for t in DayTally.objects.all()} == {
        ("prompt", 6), ("snippet", 6), ("response", 6)
    }  # fmt: skip


def test_a_retry_is_counted_once(acme: UUID) -> None:
    for _ in range(3):
        ingest.store(acme, [exchange("x-1"), exchange("x-1")], now=NOON)
    assert {items for items, _bytes in counted().values()} == {1}


def test_a_retry_among_new_ones_is_not_counted_again(acme: UUID) -> None:
    ingest.store(acme, [exchange("x-1")], now=NOON)
    ingest.store(acme, [exchange("x-1"), exchange("x-2")], now=NOON)
    assert {items for items, _bytes in counted().values()} == {2}


def test_a_later_part_is_counted_and_a_second_sending_of_it_is_not(acme: UUID) -> None:
    [outcome] = ingest.store(acme, [exchange("x-1")], now=NOON)
    verdict = part(DataClass.EVALUATION, "good")
    for _ in range(2):
        later.add(acme, queries.Address(exchange=outcome.exchange), verdict, now=NOON)
    assert counted()["evaluation"] == (1, 4)


def test_what_was_rolled_back_was_not_counted(acme: UUID) -> None:
    with (
        mock.patch.object(cells, "acknowledge", side_effect=DatabaseError),
        pytest.raises(DatabaseError),
    ):
        ingest.store(acme, [exchange("x-1")], now=NOON)
    assert not TallySlip.objects.exists()


def test_p1_the_count_outlives_the_content(acme: UUID) -> None:
    [outcome] = ingest.store(acme, [exchange("x-1")], now=NOON)
    deliver.deliver(acme, queries.Address(exchange=outcome.exchange), now=NOON)
    assert "snippet" not in raw.classes(acme)
    assert counted()["snippet"][0] == 1
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM retention_record")
    tally.fold(today=ceiling(TODAY) + timedelta(days=1))
    assert {items for items, _bytes in counted().values()} == {1}


def test_a_tally_goes_after_two_years(acme: UUID) -> None:
    send(acme, "x-1")
    tally.fold(today=date(2028, 11, 22))
    assert Tally.objects.exists()
    assert DayTally.objects.exists()
    tally.fold(today=date(2028, 11, 23))
    assert not Tally.objects.exists()
    assert not DayTally.objects.exists()


def test_nothing_but_numbers_and_names_lies_in_it(acme: UUID) -> None:
    ingest.store(acme, [exchange("secret-id", prompt="zebra")], now=NOON)
    tally.fold(today=TODAY)
    for model in (Tally, DayTally, TallySlip):
        assert {field.name for field in model._meta.get_fields()} <= {
            *("id", "customer_id", "clock_day", "data_class", "model", "purpose", "subprocessor"),
            *("items", "bytes"),
        }
    [(found,)] = raw.run("SELECT string_agg(t::text, ' ') FROM retention_tally t")
    assert "secret" not in found
    assert "zebra" not in found


@pytest.mark.parametrize(
    "name", ["anna@example.com", "Is this a true positive? Yes!", "x" * 65, "a\u202eb", "a, b"]
)
def test_a_name_that_could_be_a_sentence_or_an_address_is_not_kept(acme: UUID, name: str) -> None:
    send(acme, "x-1", model=name)
    tally.fold(today=TODAY)
    assert set(Tally.objects.values_list("model", "purpose", "subprocessor")) == {
        ("other", "other", "other")
    }


@pytest.mark.parametrize(
    "name",
    ["gpt-5.1-mini", "anthropic.claude-haiku-4-5", "@cf/meta/llama-3.1-8b", "claude@20250929",
     "models/gemini:latest", "code review", ""],
)  # fmt: skip
def test_the_names_of_models_and_purposes_are_kept(acme: UUID, name: str) -> None:
    send(acme, "x-1", model=name, purpose=name)
    tally.fold(today=TODAY)
    assert set(Tally.objects.values_list("model", "purpose")) == {(name, name)}


def test_too_many_names_of_a_day_are_one(
    acme: UUID, borealis: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tally, "MOST_NAMES", 6)
    for n in range(5):
        send(acme, f"x-{n}", model=f"model-{n}")
    tally.fold(today=TODAY)
    kept = set(Tally.objects.exclude(**OTHER).values_list("model", "data_class"))
    assert len(kept) == 6
    # What stands goes on being counted, what is new is not named any more.
    send(acme, "x-9", model="new")
    for model in {model for model, _kind in kept}:
        send(acme, f"again-{model}", model=model)
    send(borealis, "x-9", model="new")
    tally.fold(today=TODAY)
    ours = Tally.objects.filter(customer_id=acme)
    assert set(ours.exclude(**OTHER).values_list("model", "data_class")) == kept
    assert Tally.objects.filter(customer_id=borealis, model="new").count() == 3
    total = raw.run("SELECT sum(items) FROM retention_tally")
    assert total == raw.run("SELECT count(*) FROM retention_record")
    assert total == raw.run("SELECT sum(items) FROM retention_daytally")


def test_folding_again_changes_nothing(acme: UUID) -> None:
    send(acme, "x-1")
    assert tally.fold(today=TODAY) == 3
    before = list(Tally.objects.values_list())
    assert tally.fold(today=TODAY) == 0
    assert list(Tally.objects.values_list()) == before


def test_many_slips_are_folded_in_steps(acme: UUID, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tally, "FOLDED_AT_ONCE", 2)
    for n in range(3):
        send(acme, f"x-{n}")
    assert tally.fold(today=TODAY) == 9
    assert {t.items for t in Tally.objects.all()} == {3}


def test_folders_at_once_count_nothing_twice(acme: UUID) -> None:
    for n in range(5):
        send(acme, f"x-{n}")
    assert at_once(*[lambda: tally.fold(today=TODAY)] * 4) == []
    assert {items for items, _bytes in counted().values()} == {5}


def test_a_fold_that_dies_is_begun_anew(acme: UUID) -> None:
    send(acme, "x-1")
    with mock.patch.object(tally, "FOLD", tally.FOLD + " / 0"), pytest.raises(DatabaseError):
        tally.fold(today=TODAY)
    assert TallySlip.objects.count() == 3
    assert not Tally.objects.exists()
    assert {items for items, _bytes in counted().values()} == {1}


def test_the_minute_folds(acme: UUID) -> None:
    send(acme, "x-1")
    with mock.patch.object(clock, "today", return_value=TODAY):
        tasks.tick()
    assert not TallySlip.objects.exists()
    assert {t.items for t in Tally.objects.all()} == {1}


def test_a_slip_is_never_changed(acme: UUID) -> None:
    send(acme, "x-1")
    for statement in ("UPDATE retention_tallyslip SET items = 9", "TRUNCATE retention_tallyslip"):
        with pytest.raises(DatabaseError, match="retention_tallyslip"):
            raw.run(statement)


def test_writers_do_not_wait_for_each_other_or_for_the_fold(acme: UUID) -> None:
    # A folder that holds everything it holds, and a writer beside it.
    send(acme, "x-1")

    def write() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '500ms'")
        send(acme, "x-2")

    with connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT pg_try_advisory_xact_lock(hashtext('retention fold tallies'))")
        cursor.execute(tally.FOLD, {"limit": 10, "most_names": 10})
        assert at_once(write) == []
        cursor.execute("COMMIT")
    assert {items for items, _bytes in counted().values()} == {2}
