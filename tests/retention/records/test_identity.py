"""Ids that are the same on every retry and carry their day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention.policies.rules import DataClass
from retention.records import identity

ACME, BOREALIS = UUID(int=1), UUID(int=2)
DAY = date(2026, 11, 22)


@given(st.uuids(), st.text(max_size=200), st.dates(date(1970, 1, 1), date(9999, 12, 31)))
def test_an_exchange_id_is_a_uuid8_that_carries_its_day(
    customer: UUID, external_id: str, day: date
) -> None:
    found = identity.exchange_id(customer, external_id, day)
    assert found.version == 8
    assert found.variant == "specified in RFC 4122"
    assert identity.day_of(found) == day
    assert found == identity.exchange_id(customer, external_id, day)


@given(st.sampled_from(DataClass), st.text(max_size=64))
def test_a_record_id_carries_the_day_of_its_exchange(data_class: DataClass, part: str) -> None:
    exchange = identity.exchange_id(ACME, "triage-1", DAY)
    found = identity.record_id(exchange, data_class, part)
    assert identity.day_of(found) == DAY
    assert found == identity.record_id(exchange, data_class, part)


def test_the_upper_48_bits_are_milliseconds_like_those_of_every_dated_uuid() -> None:
    found = identity.exchange_id(ACME, "triage-1", DAY)
    midnight = datetime(2026, 11, 22, tzinfo=UTC)
    assert found.int >> 80 == int(midnight.timestamp() * 1000)


def test_customer_id_and_day_each_make_another_exchange() -> None:
    ids = {
        identity.exchange_id(customer, external_id, day)
        for customer in (ACME, BOREALIS)
        for external_id in ("a", "b", "A", "a ", "")
        for day in (DAY, DAY + timedelta(days=1))
    }
    assert len(ids) == 20


def test_class_and_part_each_make_another_record() -> None:
    exchange = identity.exchange_id(ACME, "triage-1", DAY)
    ids = {identity.record_id(exchange, c, part) for c in DataClass for part in ("1", "2", "11")}
    assert len(ids) == 12
    assert exchange not in ids


def test_a_cell_id_differs_for_each_of_its_four_names() -> None:
    ids = {
        identity.cell_id(customer, day, data_class, retain_days)
        for customer in (ACME, BOREALIS)
        for day in (DAY, DAY + timedelta(days=1))
        for data_class in DataClass
        for retain_days in (0, 1, 30)
    }
    assert len(ids) == 48


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(uuid4(), id="random"),
        pytest.param(UUID(int=0), id="nil"),
        pytest.param(UUID(int=(1 << 128) - 1), id="max"),
        pytest.param(UUID("01a2008d-7401-8a4f-9b0f-d6cd2760d308"), id="not midnight"),
        pytest.param(UUID("ffffffff-ffff-8a4f-9b0f-d6cd2760d308"), id="past the year 9999"),
    ],
)
def test_an_id_of_somebody_else_carries_no_day(other: UUID) -> None:
    with pytest.raises(ValueError, match="not an id of this service"):
        identity.day_of(other)


@pytest.mark.parametrize(
    ("occurred_at", "day"),
    [
        ("2026-11-22T23:59:59.999999+00:00", DAY),
        ("2026-11-23T00:00:00+00:00", date(2026, 11, 23)),
        ("2026-11-23T01:59:59+02:00", DAY),
        ("2026-11-22T20:00:00-04:00", date(2026, 11, 23)),
    ],
)
def test_the_clock_day_is_the_utc_date(occurred_at: str, day: date) -> None:
    assert identity.clock_day(datetime.fromisoformat(occurred_at)) == day


def test_the_same_instant_in_another_zone_has_the_same_clock_day() -> None:
    instant = datetime(2026, 11, 22, 23, 30, tzinfo=UTC)
    zones = [timezone(timedelta(hours=hours)) for hours in range(-12, 15)]
    assert {identity.clock_day(instant.astimezone(zone)) for zone in zones} == {DAY}


def test_a_fingerprint_knows_its_body_and_no_other() -> None:
    known = identity.fingerprint(b"body")
    assert identity.same_body(known, b"body")
    assert not identity.same_body(known, b"bodY")
    assert not identity.same_body(known, b"")


def test_two_fingerprints_of_one_body_differ_so_that_bodies_cannot_be_compared() -> None:
    assert identity.fingerprint(b"body") != identity.fingerprint(b"body")
    assert len(identity.fingerprint(b"x" * 100_000)) == 48
