"""Times: RFC 3339 with an offset, in UTC, in years that exist everywhere."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.intake.instants import parse

# Hypothesis takes bounds without a zone and puts one on what it draws.
FIRST = datetime(2000, 1, 3)  # noqa: DTZ001
LAST = datetime(9998, 12, 29)  # noqa: DTZ001
TEN = datetime(2026, 11, 22, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-11-22T10:00:00Z", TEN),
        ("2026-11-22t10:00:00z", TEN),
        ("2026-11-22 10:00:00Z", TEN),
        ("2026-11-22T10:00:00+00:00", TEN),
        ("2026-11-22T10:00:00-00:00", TEN),
        ("2026-11-22T11:30:00+01:30", TEN),
        ("2026-11-21T22:00:00-12:00", TEN),
        ("2026-11-22T10:00:00.5Z", TEN + timedelta(milliseconds=500)),
        ("2026-11-22T10:00:00.123456Z", TEN + timedelta(microseconds=123456)),
        ("2026-11-22T10:00:00.123456999Z", TEN + timedelta(microseconds=123456)),
        ("2024-02-29T00:00:00Z", datetime(2024, 2, 29, tzinfo=UTC)),
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("1999-12-31T23:00:00-01:00", datetime(2000, 1, 1, tzinfo=UTC)),
    ],
)
def test_it_reads_a_time_in_utc(text: str, instant: datetime) -> None:
    assert parse(text) == instant
    assert parse(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-22",
        "2026-11-22T10:00Z",
        "2026-11-22T10:00:00",
        "2026-11-22T10:00:00.Z",
        "2026-11-22T10:00:00,5Z",
        "20261122T100000Z",
        "2026-W47-7T10:00:00Z",
        "2026-11-22T10:00:00+0100",
        "2026-11-22T10:00:00+01",
        "2026-11-22T10:00:00+24:00",
        "2026-11-22T10:00:00 Z",
        " 2026-11-22T10:00:00Z",
        "2026-11-22T10:00:00Z\n",
        "2026-13-01T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-11-22T24:00:00Z",
        "2026-11-22T10:60:00Z",
        "2026-11-22T23:59:60Z",
        "0000-01-01T00:00:00Z",
        "0001-01-01T00:00:00+23:59",
        "9999-12-31T23:59:59-23:59",
        "9999-12-31T23:59:59Z",
        "1999-12-31T23:59:59Z",
        "2000-01-01T00:00:00+00:01",
        "10000-01-01T00:00:00Z",
        "-2026-11-22T10:00:00Z",
        "２０２６-11-22T10:00:00Z",
        "1795341600",
        1795341600,
        None,
        True,
        [],
    ],
)
def test_it_refuses_what_is_no_such_time(text: object) -> None:
    with pytest.raises(ValueError):
        parse(text)


def test_it_says_that_the_offset_is_missing() -> None:
    with pytest.raises(ValueError, match="offset"):
        parse("2026-11-22T10:00:00")


@given(
    st.datetimes(FIRST, LAST),
    st.integers(-23 * 60 - 59, 23 * 60 + 59),
)
def test_any_such_time_is_read_as_it_was_written(naive: datetime, minutes: int) -> None:
    written = naive.replace(tzinfo=timezone(timedelta(minutes=minutes)))
    assert parse(written.isoformat()) == written
