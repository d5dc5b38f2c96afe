"""P3, P4, P16: dates, over every day from 2024 to 2400, and over random histories of rules."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.policies.rules import (
    LONGEST_RETAIN_DAYS,
    MINIMAL_RULES,
    SHORTEST_RETAIN_DAYS,
    STANDARD_RULES,
    DataClass,
    Period,
    Rules,
    Span,
    add_months,
    ceiling,
    earliest_accepted,
    expires_on,
    in_force,
)

FIRST, LAST = date(2024, 1, 1), date(2400, 12, 31)
DAY = timedelta(days=1)
# Each day on which the promise will be given.
EVERY_DAY = [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]
PROMPT, SNIPPET = DataClass.PROMPT, DataClass.SNIPPET
RESPONSE, EVALUATION = DataClass.RESPONSE, DataClass.EVALUATION
SIX_MONTH_CLASSES = (PROMPT, RESPONSE, EVALUATION)
ALWAYS = Span(date.min, None, STANDARD_RULES)


def end(
    clock_day: date,
    data_class: DataClass = RESPONSE,
    *spans: Span,
    retain_days: int = 0,
    today: date | None = None,
) -> date:
    """As on the clock day itself, unless a later day is named."""
    return expires_on(
        clock_day=clock_day,
        data_class=data_class,
        retain_days=retain_days,
        spans=spans,
        today=today or clock_day,
    )


def responses(first_day: date, last_day: date | None, period: Period) -> Span:
    """Rules that say something about responses only."""
    return Span(first_day, last_day, Rules({RESPONSE: period}))


# ---- calendar months


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        (date(2026, 11, 22), 6, date(2027, 5, 22)),
        (date(2026, 8, 31), 6, date(2027, 2, 28)),
        (date(2026, 8, 30), 6, date(2027, 2, 28)),
        (date(2026, 8, 29), 6, date(2027, 2, 28)),
        (date(2026, 8, 28), 6, date(2027, 2, 28)),
        (date(2026, 9, 1), 6, date(2027, 3, 1)),
        (date(2027, 8, 31), 6, date(2028, 2, 29)),
        (date(2027, 8, 29), 6, date(2028, 2, 29)),
        (date(2027, 8, 28), 6, date(2028, 2, 28)),
        (date(2028, 2, 29), 6, date(2028, 8, 29)),
        (date(2028, 2, 29), 12, date(2029, 2, 28)),
        (date(2027, 3, 31), 6, date(2027, 9, 30)),
        (date(2026, 12, 31), 6, date(2027, 6, 30)),
        (date(2026, 12, 31), 1, date(2027, 1, 31)),
        (date(2026, 1, 31), 1, date(2026, 2, 28)),
        (date(2099, 8, 31), 6, date(2100, 2, 28)),
        (date(2399, 8, 31), 6, date(2400, 2, 29)),
        (date(2027, 2, 28), -6, date(2026, 8, 28)),
        (date(2026, 8, 31), -6, date(2026, 2, 28)),
        (date(2026, 1, 15), -1, date(2025, 12, 15)),
        (date(2026, 11, 22), 0, date(2026, 11, 22)),
    ],
)
def test_months_are_calendar_months_clamped_to_the_months_end(
    day: date, months: int, expected: date
) -> None:
    assert add_months(day, months) == expected


@pytest.mark.parametrize("months", [1, 3, 6])
def test_p3_on_every_day_it_is_the_same_day_of_the_month_or_the_last(months: int) -> None:
    for day in EVERY_DAY:
        later = add_months(day, months)
        assert (later.year - day.year) * 12 + later.month - day.month == months
        last = monthrange(later.year, later.month)[1]
        assert later.day == day.day or (later.day == last < day.day)


def test_p3_six_months_are_never_a_number_of_days() -> None:
    lengths = {(ceiling(day) - day).days for day in EVERY_DAY}
    assert lengths == {181, 182, 183, 184}


def test_p3_six_months_are_never_three_and_three() -> None:
    six = Period(months=6)
    assert six.end(date(2026, 11, 30)) == date(2027, 5, 30)
    assert add_months(add_months(date(2026, 11, 30), 3), 3) == date(2027, 5, 28)
    twice = [day for day in EVERY_DAY if add_months(add_months(day, 3), 3) != six.end(day)]
    assert len(twice) > 1000
    assert all(add_months(add_months(day, 3), 3) < six.end(day) for day in twice)


# ---- periods


@pytest.mark.parametrize(
    ("months", "days"),
    [(None, None), (6, 180), (0, None), (None, 0), (-1, None), (None, -1), (0, 0)],
)
def test_a_period_is_months_or_days_and_never_nothing(months: int | None, days: int | None) -> None:
    with pytest.raises(ValueError, match=r"[Pp]eriod"):
        Period(months=months, days=days)


def test_months_are_not_days() -> None:
    day = date(2026, 11, 22)
    assert Period(months=6).end(day) == date(2027, 5, 22)
    assert Period(days=6).end(day) == date(2026, 11, 28)
    assert Period(months=1) != Period(days=30)
    assert Period(days=180).end(day) == date(2027, 5, 21)


def test_a_day_ends_at_the_next_midnight_on_every_day() -> None:
    for day in EVERY_DAY:
        assert Period(days=1).end(day).toordinal() == day.toordinal() + 1


# ---- version 1 as promised


@pytest.mark.parametrize("data_class", SIX_MONTH_CLASSES)
def test_p3_version_1_keeps_six_months_on_every_day(data_class: DataClass) -> None:
    for day in EVERY_DAY:
        assert end(day, data_class, ALWAYS) == ceiling(day)


def test_p13_version_1_keeps_a_snippet_until_the_next_midnight_on_every_day() -> None:
    for day in EVERY_DAY:
        assert end(day, SNIPPET, ALWAYS) == day + DAY
    assert STANDARD_RULES.periods[SNIPPET].or_when_delivered


def test_both_profiles_name_every_class() -> None:
    assert set(STANDARD_RULES.periods) == set(MINIMAL_RULES.periods) == set(DataClass)
    ended_by_delivery = {
        name for name, period in STANDARD_RULES.periods.items() if period.or_when_delivered
    }
    assert ended_by_delivery == {SNIPPET}


# ---- the shortest wins, and nothing means for ever


@pytest.mark.parametrize(
    ("spans", "retain_days", "expected"),
    [
        ([], 0, date(2027, 5, 22)),
        ([Period(months=6)], 0, date(2027, 5, 22)),
        ([Period(months=12)], 0, date(2027, 5, 22)),
        ([Period(days=400)], 0, date(2027, 5, 22)),
        ([Period(months=1)], 0, date(2026, 12, 22)),
        ([Period(days=30)], 0, date(2026, 12, 22)),
        ([Period(days=30), Period(months=3)], 0, date(2026, 12, 22)),
        ([Period(months=3), Period(days=30)], 0, date(2026, 12, 22)),
        ([Period(months=3)], 10, date(2026, 12, 2)),
        ([Period(months=3)], 184, date(2027, 2, 22)),
        ([Period(months=6)], 184, date(2027, 5, 22)),
        ([], 1, date(2026, 11, 23)),
        ([Period(days=1)], 30, date(2026, 11, 23)),
    ],
)
def test_the_shortest_wins(spans: list[Period], retain_days: int, expected: date) -> None:
    in_force_always = [responses(date.min, None, period) for period in spans]
    day = date(2026, 11, 22)
    assert end(day, RESPONSE, *in_force_always, retain_days=retain_days) == expected


@pytest.mark.parametrize("data_class", DataClass)
def test_p3_unset_never_means_for_ever(data_class: DataClass) -> None:
    says_nothing = Span(date.min, None, Rules({}))
    assert end(FIRST, data_class) == ceiling(FIRST)
    assert all(end(day, data_class, says_nothing) == ceiling(day) for day in EVERY_DAY)


def test_p3_no_rule_gets_over_the_ceiling_on_any_day() -> None:
    generous = [
        responses(date.min, None, period) for period in (Period(months=60), Period(days=3650))
    ]
    for day in EVERY_DAY:
        assert end(day, RESPONSE, *generous, retain_days=LONGEST_RETAIN_DAYS) == ceiling(day)


def test_the_longest_retain_days_never_shortens_and_the_shortest_is_a_day() -> None:
    for day in EVERY_DAY:
        assert end(day, RESPONSE, ALWAYS, retain_days=LONGEST_RETAIN_DAYS) == ceiling(day)
        assert end(day, RESPONSE, ALWAYS, retain_days=SHORTEST_RETAIN_DAYS) == day + DAY


def test_retain_days_below_the_period_always_shortens() -> None:
    for day in EVERY_DAY:
        assert end(day, RESPONSE, ALWAYS, retain_days=180) == day + 180 * DAY < ceiling(day)


# ---- versions over time


CHANGE = date(2026, 12, 23)


def _change(before: Period, after: Period) -> list[Span]:
    return [responses(FIRST, CHANGE - DAY, before), responses(CHANGE, None, after)]


def test_p4_a_shorter_rule_reaches_old_records_from_its_first_day() -> None:
    shorter = _change(Period(months=6), Period(days=30))
    old = date(2026, 12, 1)
    assert end(old, RESPONSE, *shorter, today=CHANGE - DAY) == date(2027, 6, 1)
    assert end(old, RESPONSE, *shorter, today=CHANGE) == date(2026, 12, 31)
    assert end(CHANGE, RESPONSE, *shorter) == CHANGE + 30 * DAY


def test_p4_a_shorter_rule_makes_very_old_records_due_at_once() -> None:
    shorter = _change(Period(months=6), Period(days=30))
    assert end(date(2026, 9, 1), RESPONSE, *shorter, today=CHANGE) < CHANGE


def test_p4_a_longer_rule_binds_only_days_from_its_first_one_on() -> None:
    longer = _change(Period(days=30), Period(months=6))
    eve = CHANGE - DAY
    assert end(eve, RESPONSE, *longer, today=CHANGE + 100 * DAY) == eve + 30 * DAY
    assert end(CHANGE, RESPONSE, *longer, today=CHANGE + 100 * DAY) == ceiling(CHANGE)


def test_a_rule_that_ended_before_the_clock_day_says_nothing() -> None:
    past = responses(FIRST, CHANGE - DAY, Period(days=1))
    assert end(CHANGE, RESPONSE, past, today=CHANGE + 50 * DAY) == ceiling(CHANGE)


def test_a_rule_of_the_future_says_nothing_yet() -> None:
    coming = responses(CHANGE, None, Period(days=1))
    assert end(CHANGE - 10 * DAY, RESPONSE, coming, today=CHANGE - DAY) > CHANGE + 100 * DAY


def test_a_rule_in_force_for_one_day_reaches_what_was_there() -> None:
    brief = responses(CHANGE, CHANGE, Period(days=5))
    for before in range(5):
        day = CHANGE - before * DAY
        assert end(day, RESPONSE, brief, today=CHANGE + 60 * DAY) == day + 5 * DAY
    assert end(CHANGE + DAY, RESPONSE, brief, today=CHANGE + 60 * DAY) == ceiling(CHANGE + DAY)


def test_rules_of_one_class_leave_the_others_alone() -> None:
    day = date(2026, 11, 22)
    assert end(day, PROMPT, responses(FIRST, None, Period(days=1))) == ceiling(day)


# ---- the minimal profile


CHOSEN = date(2026, 11, 22)
MINIMAL = (ALWAYS, Span(CHOSEN, None, MINIMAL_RULES))


@pytest.mark.parametrize("age", [1, 2, 29, 30, 100, 170])
def test_p16_choosing_minimal_makes_old_prompts_and_snippets_due_that_day(age: int) -> None:
    day = CHOSEN - age * DAY
    for data_class in (PROMPT, SNIPPET):
        before = end(day, data_class, *MINIMAL, today=CHOSEN - DAY)
        after = end(day, data_class, *MINIMAL, today=CHOSEN)
        assert day < after <= CHOSEN
        assert after <= before
    assert end(day, PROMPT, *MINIMAL, today=CHOSEN) == min(CHOSEN, day + 30 * DAY)


@pytest.mark.parametrize("data_class", [RESPONSE, EVALUATION])
@pytest.mark.parametrize("age", [0, 1, 29, 30, 100])
def test_p16_choosing_minimal_leaves_the_rest_30_days(data_class: DataClass, age: int) -> None:
    day = CHOSEN - age * DAY
    assert end(day, data_class, *MINIMAL, today=CHOSEN) == day + 30 * DAY


def test_p16_under_minimal_prompts_without_text_stay_30_days() -> None:
    for number in range(800):
        day = CHOSEN + number * DAY
        assert end(day, PROMPT, *MINIMAL) == day + 30 * DAY
        assert end(day, SNIPPET, *MINIMAL) == day + DAY


def test_p16_leaving_minimal_brings_nothing_back() -> None:
    left = CHOSEN + 10 * DAY
    spans = (ALWAYS, Span(CHOSEN, left, MINIMAL_RULES))
    late = left + 60 * DAY
    assert end(CHOSEN - 40 * DAY, PROMPT, *spans, today=late) <= CHOSEN
    assert end(left, RESPONSE, *spans, today=late) == left + 30 * DAY
    assert end(left + DAY, RESPONSE, *spans, today=late) == ceiling(left + DAY)


def test_p16_minimal_never_keeps_longer_than_standard_on_any_day() -> None:
    minimal, standard = MINIMAL_RULES.periods, STANDARD_RULES.periods
    for data_class in DataClass:
        stricter, usual = minimal[data_class], standard[data_class]
        assert all(stricter.end(day) <= usual.end(day) for day in EVERY_DAY)


# ---- every day again, with what follows from another


@pytest.mark.parametrize("data_class", DataClass)
def test_a_later_clock_day_never_ends_earlier(data_class: DataClass) -> None:
    before = date.min
    for day in EVERY_DAY:
        ends = end(day, data_class, ALWAYS)
        assert ends >= before
        assert day < ends <= ceiling(day)
        before = ends


def test_what_is_accepted_and_what_is_due_meet_on_every_day() -> None:
    for today in EVERY_DAY:
        oldest = earliest_accepted(today)
        assert ceiling(oldest) > today >= ceiling(oldest - DAY)


# ---- random histories


DAYS = st.dates(date(2024, 1, 1), date(2032, 12, 31))
PERIODS = st.one_of(
    st.builds(Period, months=st.integers(1, 14)), st.builds(Period, days=st.integers(1, 400))
)
RULES = st.builds(
    Rules,
    st.dictionaries(st.sampled_from(DataClass), PERIODS),
    st.frozensets(st.sampled_from(DataClass)),
)
RETAIN = st.integers(0, LONGEST_RETAIN_DAYS)
CLASSES = st.sampled_from(DataClass)


@st.composite
def histories(draw: st.DrawFn) -> list[Span]:
    """Versions one after the other, and profiles that come and go beside them."""
    starts = sorted(draw(st.sets(DAYS, min_size=1, max_size=5)))
    ends = [start - DAY for start in starts[1:]] + [None]
    versions = [Span(first, last, draw(RULES)) for first, last in zip(starts, ends, strict=True)]
    profiles = [
        Span(first, draw(st.none() | st.dates(first, date(2033, 12, 31))), draw(RULES))
        for first in draw(st.lists(DAYS, max_size=3))
    ]
    return versions + profiles


@given(spans=histories(), clock_day=DAYS, age=st.integers(0, 400), data_class=CLASSES, days=RETAIN)
@settings(max_examples=400)
def test_creating_late_gives_what_creating_early_and_shortening_gives(
    spans: list[Span], clock_day: date, age: int, data_class: DataClass, days: int
) -> None:
    """Early: on its clock day, then each day by the rules in force on that very day alone."""
    today = clock_day + age * DAY
    early = end(clock_day, data_class, retain_days=days)
    for number in range(age + 1):
        day = clock_day + number * DAY
        for span in spans:
            if span.touches(day, day):
                early = min(early, span.end(clock_day, data_class) or early)
    assert end(clock_day, data_class, *spans, retain_days=days, today=today) == early


@given(spans=histories(), clock_day=DAYS, age=st.integers(0, 400), data_class=CLASSES, days=RETAIN)
def test_one_update_at_each_first_day_is_enough(
    spans: list[Span], clock_day: date, age: int, data_class: DataClass, days: int
) -> None:
    """What activation does: shorten existing cells on the first day of a span, never else."""
    today = clock_day + age * DAY
    known = [span for span in spans if span.first_day <= clock_day]
    cell = end(clock_day, data_class, *known, retain_days=days)
    for span in sorted(spans, key=lambda span: span.first_day):
        if clock_day < span.first_day <= today:
            known.append(span)
            shortened = end(clock_day, data_class, *known, retain_days=days, today=span.first_day)
            assert shortened <= cell
            cell = shortened
    assert end(clock_day, data_class, *spans, retain_days=days, today=today) == cell


@given(spans=histories(), clock_day=DAYS, age=st.integers(0, 400), data_class=CLASSES, days=RETAIN)
def test_a_date_only_ever_moves_earlier(
    spans: list[Span], clock_day: date, age: int, data_class: DataClass, days: int
) -> None:
    today = clock_day + age * DAY
    earlier = end(clock_day, data_class, *spans, retain_days=days, today=today)
    assert earlier >= end(clock_day, data_class, *spans, retain_days=days, today=today + DAY)


@given(spans=histories(), clock_day=DAYS, age=st.integers(0, 400), data_class=CLASSES, days=RETAIN)
def test_with_any_history_the_ceiling_and_retain_days_hold(
    spans: list[Span], clock_day: date, age: int, data_class: DataClass, days: int
) -> None:
    today = clock_day + age * DAY
    ends = end(clock_day, data_class, *spans, retain_days=days, today=today)
    assert clock_day < ends <= ceiling(clock_day)
    without = end(clock_day, data_class, *spans, today=today)
    assert ends == (min(without, clock_day + days * DAY) if days else without)


@given(spans=histories(), clock_day=DAYS, age=st.integers(1, 400), data_class=CLASSES)
def test_with_any_history_a_later_clock_day_never_ends_earlier(
    spans: list[Span], clock_day: date, age: int, data_class: DataClass
) -> None:
    today = clock_day + age * DAY
    one = end(clock_day, data_class, *spans, today=today)
    assert one <= end(clock_day + DAY, data_class, *spans, today=today)


@given(spans=histories(), clock_day=DAYS, data_class=CLASSES)
def test_the_order_of_spans_says_nothing(
    spans: list[Span], clock_day: date, data_class: DataClass
) -> None:
    backwards = list(reversed(spans))
    today = clock_day + 200 * DAY
    one = end(clock_day, data_class, *spans, today=today)
    assert one == end(clock_day, data_class, *backwards, today=today)
    assert one == end(clock_day, data_class, *spans, *spans, today=today)


@given(clock_day=DAYS, first=DAYS, length=st.none() | st.integers(0, 900), age=st.integers(0, 400))
def test_a_span_touches_what_it_shares_a_day_with(
    clock_day: date, first: date, length: int | None, age: int
) -> None:
    last = None if length is None else first + length * DAY
    span = replace(ALWAYS, first_day=first, last_day=last)
    days = (clock_day + number * DAY for number in range(age + 1))
    shares = any(first <= day and (last is None or day <= last) for day in days)
    assert span.touches(clock_day, clock_day + age * DAY) is shares


# ---- which one is in force


def test_of_several_in_force_the_last_begun_counts() -> None:
    one, two = _change(Period(months=6), Period(days=30))
    assert in_force([one, two], CHANGE - DAY) is one
    assert in_force([two, one], CHANGE) is two
    assert in_force([one, two], FIRST - DAY) is None
    assert in_force([], CHANGE) is None
    assert in_force([ALWAYS, two], CHANGE) is two
