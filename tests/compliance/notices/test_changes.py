"""What a customer is told of a change: in words, for its own data, and nothing that is not so."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.notices.changes import (
    Change,
    Side,
    Way,
    changes,
    hidden,
    length,
    line_for,
    periods,
    way,
)
from retention.policies.rules import MINIMAL_RULES, STANDARD_RULES, DataClass, Period, Rules

STANDARD = Side(STANDARD_RULES, 20)


def with_response(period: Period) -> Side:
    return Side(Rules({**STANDARD_RULES.periods, DataClass.RESPONSE: period}), 20)


def test_a_shorter_period_is_told_in_a_line_with_the_customers_own_day() -> None:
    [change] = changes(STANDARD, with_response(Period(days=90)))
    assert line_for(change, date(2027, 1, 3)) == (
        "AI responses: 6 months → 90 days, from 3 Jan 2027 for you"
    )
    assert change.way is Way.LESS
    assert "whatever is older by then is deleted on that day" in change.means


def test_a_longer_period_says_that_nothing_kept_already_is_kept_longer() -> None:
    [change] = changes(with_response(Period(days=90)), STANDARD)
    assert change.way is Way.MORE
    assert "Only AI responses of calls from that day on are kept longer" in change.means


def test_equal_versions_change_nothing() -> None:
    assert changes(STANDARD, STANDARD) == []


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (Period(months=6), Period(days=90), Way.LESS),
        (Period(days=90), Period(months=6), Way.MORE),
        (Period(months=1), Period(days=30), Way.BOTH),
        (Period(months=3), Period(days=184), Way.MORE),
        (Period(months=6), Period(days=184), Way.SAME),
        (Period(days=1), Period(days=1, or_when_delivered=True), Way.LESS),
        (Period(days=2), Period(days=2), Way.SAME),
    ],
)
def test_months_and_days_are_compared_as_the_calendar_has_them(
    before: Period, after: Period, expected: Way
) -> None:
    found = way(before, after)
    # 184 days are never shorter than six months, and sometimes longer.
    assert found is (Way.MORE if after.days == 184 and before.months == 6 else expected)


def test_who_keeps_as_little_as_possible_is_not_told_of_what_does_not_change_for_it() -> None:
    new = with_response(Period(days=90))
    assert changes(STANDARD, new, stricter=MINIMAL_RULES) == []
    assert [c.name for c in hidden(STANDARD, new, stricter=MINIMAL_RULES)] == ["AI responses"]
    shorter = with_response(Period(days=7))
    [change] = changes(STANDARD, shorter, stricter=MINIMAL_RULES)
    assert change.line == "AI responses: 30 days → 7 days"
    assert hidden(STANDARD, shorter, stricter=MINIMAL_RULES) == []


def test_scope_purpose_exceptions_and_places_are_changes_too() -> None:
    new = Side(STANDARD_RULES, 50, True, "To train nobody.", "A hold.", "Frankfurt")
    found = changes(STANDARD, new)
    assert [change.line for change in found] == [
        "Lines of code around a finding: at most 20 → at most 50",
        "Whole files: are not sent → may be sent",
        "What it is kept for: not stated → To train nobody.",
        "Exceptions: not stated → A hold.",
        "Where it is kept: not stated → Frankfurt",
    ]


def test_other_line_breaks_are_no_change() -> None:
    old = Side(STANDARD_RULES, 20, purpose="To judge\nanswers.")
    assert changes(old, Side(STANDARD_RULES, 20, purpose="To judge answers. ")) == []


def test_periods_are_listed_as_the_customer_has_them() -> None:
    assert periods(STANDARD_RULES, MINIMAL_RULES)[2] == "AI responses: 30 days"
    assert periods(STANDARD_RULES, Rules({}))[2] == "AI responses: 6 months"
    assert length(Period(days=1, or_when_delivered=True)) == "1 day, or until returned"


PERIODS = st.one_of(
    st.integers(1, 6).map(lambda n: Period(months=n)),
    st.integers(1, 184).map(lambda n: Period(days=n)),
)


@given(PERIODS, PERIODS)
def test_the_way_back_is_the_other_way(before: Period, after: Period) -> None:
    other = {Way.LESS: Way.MORE, Way.MORE: Way.LESS}
    assert way(after, before) is other.get(way(before, after), way(before, after))


def test_a_change_reads_as_one_line() -> None:
    assert Change("Places", "a", "b").line == "Places: a → b"
