"""What becomes of an exchange that comes in: stored once, recognised ever after."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from retention.policies.rules import DataClass
from retention.records import deliver, identity, ingest, queries
from retention.records.parts import Outcome, Status
from tests.factories.exchanges import NOON, exchange
from tests.retention.records import raw

DAY = NOON.date()
NEXT_DAY = DAY + timedelta(days=1)


def store_one(customer: UUID, external_id: str = "triage-1", **more: object) -> Outcome:
    now = more.pop("now", NOON)
    [outcome] = ingest.store(customer, [exchange(external_id, **more)], now=now)  # type: ignore[arg-type]
    return outcome


def drops(outcome: Outcome) -> set[tuple[str, str]]:
    return {(drop.data_class.value, drop.code) for drop in outcome.dropped}


def test_it_keeps_every_part_until_its_own_day(acme: UUID) -> None:
    outcome = store_one(acme, evaluation="true_positive")
    assert outcome.status is Status.STORED
    assert {r.data_class.value: r.expires_on for r in outcome.records} == {
        "prompt": date(2027, 5, 22),
        "response": date(2027, 5, 22),
        "evaluation": date(2027, 5, 22),
        "snippet": NEXT_DAY,
    }
    assert raw.classes(acme) == ["evaluation", "prompt", "response", "snippet"]


def test_what_it_answers_is_what_lies_in_the_table(acme: UUID) -> None:
    outcome = store_one(acme)
    assert outcome.exchange == identity.exchange_id(acme, "triage-1", DAY)
    assert outcome.clock_day == DAY
    found = dict(raw.rows(acme, "id, clock_day"))
    assert found == {record.id: DAY for record in outcome.records}


def test_what_was_stored_can_be_read_again(acme: UUID) -> None:
    outcome = store_one(acme, snippets=("a = 1", "b = 2"))
    view = queries.exchange(acme, queries.Address(exchange=outcome.exchange), today=DAY)
    texts = queries.open_records(acme, view, now=NOON)
    assert len(texts) == 4
    assert {b'{"text":"a = 1"}', b'{"text":"b = 2"}'} < set(texts.values())


def test_no_text_lies_in_the_clear(acme: UUID) -> None:
    store_one(acme, prompt="zebra-prompt", response="zebra-answer", snippets=("zebra-code",))
    [(found,)] = raw.run("SELECT string_agg(r::text, ' ') FROM retention_record r")
    assert "zebra" not in found
    assert b"zebra".hex() not in found


def test_the_same_again_is_a_duplicate_and_changes_nothing(acme: UUID) -> None:
    first = store_one(acme)
    before = raw.rows(acme)
    again = store_one(acme, now=NOON + timedelta(hours=3))
    assert (again.status, again.exchange) == (Status.DUPLICATE, first.exchange)
    assert {(r.id, r.expires_on) for r in again.records} == {
        (r.id, r.expires_on) for r in first.records
    }
    assert raw.rows(acme) == before
    assert raw.counts_add_up()


def test_resending_with_another_period_extends_nothing(acme: UUID) -> None:
    first = store_one(acme, retain_days=10)
    again = store_one(acme, retain_days=0)
    assert again.status is Status.DUPLICATE
    prompt = next(r for r in again.records if r.data_class is DataClass.PROMPT)
    assert prompt.expires_on == DAY + timedelta(days=10)
    assert {i for (i,) in raw.rows(acme, "id")} == {r.id for r in first.records}


def test_resending_with_a_shorter_period_is_a_duplicate_though_that_period_is_over(
    acme: UUID,
) -> None:
    store_one(acme)
    again = store_one(acme, retain_days=1, now=NOON + timedelta(days=1))
    assert (again.status, again.code) == (Status.DUPLICATE, "")


def test_the_same_id_with_other_content_is_refused_and_the_first_stays(acme: UUID) -> None:
    store_one(acme, response="first")
    before = raw.rows(acme)
    other = store_one(acme, response="second")
    assert (other.status, other.code, other.retryable) == (
        Status.REFUSED,
        "content_mismatch",
        False,
    )
    assert other.records == []
    assert raw.rows(acme) == before


def test_the_same_id_on_another_utc_day_is_another_exchange(acme: UUID) -> None:
    today = store_one(acme)
    tomorrow = store_one(acme, at=NOON + timedelta(days=1), now=NOON + timedelta(days=1))
    assert tomorrow.status is Status.STORED
    assert tomorrow.exchange != today.exchange
    assert tomorrow.clock_day == NEXT_DAY


def test_the_same_id_of_two_customers_is_two_exchanges(acme: UUID, borealis: UUID) -> None:
    mine, theirs = store_one(acme), store_one(borealis, response="ours")
    assert theirs.status is Status.STORED
    assert mine.exchange != theirs.exchange
    assert not {r.id for r in mine.records} & {r.id for r in theirs.records}


def test_another_time_of_the_same_day_is_the_same_exchange(acme: UUID) -> None:
    first = store_one(acme, at=NOON - timedelta(hours=1))
    again = store_one(acme)
    assert again.exchange == first.exchange
    assert again.status is Status.DUPLICATE


def test_an_erased_exchange_says_so_until_its_partition_goes(acme: UUID) -> None:
    store_one(acme)
    raw.run(
        "DELETE FROM retention_record WHERE customer_id = %s AND clock_day = %s"
        " AND data_class <> 'prompt'",
        acme,
        DAY,
    )
    raw.run(
        "UPDATE retention_record SET erased_at = %s, payload = NULL, identity = NULL"
        " WHERE customer_id = %s AND clock_day = %s",
        NOON,
        acme,
        DAY,
    )
    again = store_one(acme)
    assert (again.status, again.code) == (Status.REFUSED, "erased")
    assert raw.classes(acme) == ["prompt"]
    late = store_one(acme, retain_days=1, now=NOON + timedelta(days=1))
    assert late.code == "erased"


def test_twins_in_one_batch_are_stored_once(acme: UUID) -> None:
    same, other = exchange(), exchange(response="other")
    outcomes = ingest.store(acme, [same, same, other, same], now=NOON)
    assert [(o.status.value, o.code) for o in outcomes] == [
        ("stored", ""),
        ("duplicate", ""),
        ("refused", "content_mismatch"),
        ("duplicate", ""),
    ]
    assert raw.classes(acme) == ["prompt", "response", "snippet"]
    assert raw.counts_add_up()


def test_answers_stand_in_the_order_in_which_exchanges_were_sent(acme: UUID) -> None:
    store_one(acme, "b")
    future = NOON + timedelta(hours=1)
    sent = [
        exchange("z"),
        exchange("f", at=future),
        exchange("b"),
        exchange("old", at=NOON - timedelta(days=200)),
        exchange("a"),
        exchange("z"),
        exchange("b", response="other"),
    ]
    outcomes = ingest.store(acme, sent, now=NOON)
    assert [(o.external_id, o.code or o.status.value) for o in outcomes] == [
        ("z", "stored"),
        ("f", "occurred_in_future"),
        ("b", "duplicate"),
        ("old", "expired_on_arrival"),
        ("a", "stored"),
        ("z", "duplicate"),
        ("b", "content_mismatch"),
    ]


def test_nothing_is_asked_of_the_stores_for_an_empty_batch(acme: UUID) -> None:
    assert ingest.store(acme, [], now=NOON) == []


def test_ids_are_equal_on_every_retry(acme: UUID) -> None:
    sent = [exchange(f"x{n}") for n in range(5)]
    first = ingest.store(acme, sent, now=NOON)
    second = ingest.store(acme, sent[::-1], now=NOON + timedelta(hours=1))[::-1]
    assert [o.exchange for o in first] == [o.exchange for o in second]
    assert [{r.id for r in o.records} for o in first] == [{r.id for r in o.records} for o in second]


def test_p13_a_retry_never_brings_a_delivered_snippet_back(acme: UUID) -> None:
    outcome = store_one(acme, snippets=("secret = 1", "secret = 2"))
    deliver.deliver(acme, queries.Address(exchange=outcome.exchange), now=NOON)
    for minutes in (1, 60, 600):
        again = store_one(
            acme, snippets=("secret = 1", "secret = 2"), now=NOON + timedelta(minutes=minutes)
        )
        assert again.status is Status.DUPLICATE
        assert DataClass.SNIPPET not in {r.data_class for r in again.records}
    assert raw.classes(acme) == ["prompt", "response"]
    assert raw.counts_add_up()


def test_p13_a_retry_among_new_exchanges_brings_no_snippet_back_either(acme: UUID) -> None:
    outcome = store_one(acme, "old")
    deliver.deliver(acme, queries.Address(exchange=outcome.exchange), now=NOON)
    outcomes = ingest.store(acme, [exchange("new"), exchange("old")], now=NOON)
    assert [o.status.value for o in outcomes] == ["stored", "duplicate"]
    assert raw.classes(acme) == ["prompt", "prompt", "response", "response", "snippet"]


def test_p13_with_delivered_at_the_snippet_is_never_written(acme: UUID) -> None:
    outcome = store_one(acme, delivered_at=NOON)
    assert outcome.status is Status.STORED
    assert drops(outcome) == {("snippet", "delivered")}
    assert raw.classes(acme) == ["prompt", "response"]
    [(at,)] = raw.run("SELECT delivered_at FROM retention_record WHERE data_class = 'prompt'")
    assert at == NOON


@pytest.mark.parametrize("minutes", [0, 1, 5])
def test_an_exchange_may_be_five_minutes_ahead(acme: UUID, minutes: int) -> None:
    assert store_one(acme, at=NOON + timedelta(minutes=minutes)).status is Status.STORED


def test_an_exchange_from_the_future_is_refused_for_now(acme: UUID) -> None:
    outcome = store_one(acme, at=NOON + timedelta(minutes=5, microseconds=1))
    assert (outcome.status, outcome.code, outcome.retryable) == (
        Status.REFUSED,
        "occurred_in_future",
        True,
    )
    assert raw.rows(acme) == []


def test_two_minutes_before_midnight_the_next_utc_date_is_the_future(acme: UUID) -> None:
    now = NOON.replace(hour=23, minute=58)
    outcomes = ingest.store(
        acme,
        [
            exchange("before", at=now + timedelta(minutes=1, seconds=59)),
            exchange("after", at=now + timedelta(minutes=2)),
        ],
        now=now,
    )
    assert [o.code or o.status.value for o in outcomes] == ["stored", "occurred_in_future"]


def test_p13_what_arrives_after_midnight_is_stored_without_its_snippet(acme: UUID) -> None:
    outcome = store_one(acme, now=NOON.replace(hour=0) + timedelta(days=1))
    assert outcome.status is Status.STORED
    assert drops(outcome) == {("snippet", "expired_on_arrival")}
    assert raw.classes(acme) == ["prompt", "response"]


def test_p3_an_exchange_of_six_months_ago_is_refused_and_a_day_younger_is_kept(acme: UUID) -> None:
    old = date(2026, 5, 22)
    ages = [NOON.replace(month=old.month, day=old.day + later) for later in (0, 1)]
    outcomes = ingest.store(acme, [exchange("x", at=at) for at in ages], now=NOON)
    assert [o.code or o.status.value for o in outcomes] == ["expired_on_arrival", "stored"]
    assert {r.expires_on for r in outcomes[1].records} == {NEXT_DAY}


def test_the_shortest_period_wins_and_a_longer_wish_has_no_effect(acme: UUID) -> None:
    short, long = store_one(acme, "s", retain_days=3), store_one(acme, "l", retain_days=184)
    days = {r.data_class.value: r.expires_on for r in short.records}
    assert days["prompt"] == days["response"] == DAY + timedelta(days=3)
    assert days["snippet"] == NEXT_DAY
    assert max(r.expires_on for r in long.records) == date(2027, 5, 22)


def test_a_wish_that_is_over_already_refuses_the_whole_exchange(acme: UUID) -> None:
    outcome = store_one(acme, retain_days=2, now=NOON + timedelta(days=2))
    assert (outcome.status, outcome.code) == (Status.REFUSED, "expired_on_arrival")
    assert raw.rows(acme) == []


def test_p16_the_minimal_profile_keeps_the_outline_and_no_snippet(cygnus: UUID) -> None:
    outcome = store_one(cygnus, prompt="zebra", evaluation="good")
    assert drops(outcome) == {("snippet", "profile")}
    assert {r.expires_on for r in outcome.records} == {DAY + timedelta(days=30)}
    view = queries.exchange(cygnus, queries.Address(exchange=outcome.exchange), today=DAY)
    texts = queries.open_records(cygnus, view, now=NOON)
    by_class = {record.data_class.value: texts[record.id] for record in view.records}
    assert by_class["prompt"] == b'{"text":""}'
    assert by_class["response"].startswith(b'{"text":"Yes')


def test_p16_a_snippet_that_was_delivered_too_is_dropped_for_the_profile(cygnus: UUID) -> None:
    outcome = store_one(cygnus, delivered_at=NOON)
    assert drops(outcome) == {("snippet", "profile")}
