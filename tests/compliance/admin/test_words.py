"""How the pages say dates and counts."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from compliance.admin import words
from retention.policies.models import PolicyPeriod


def plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_a_deletion_date_has_an_hour_and_a_zone() -> None:
    assert plain(words.deletion_date(date(2027, 5, 22))) == "22 May 2027, 00:00 UTC"
    assert plain(words.deletion_date(date(2026, 12, 1))) == "1 Dec 2026, 00:00 UTC"


def test_several_deletion_dates_are_said_once_each_and_in_order() -> None:
    first, second = date(2026, 11, 22), date(2026, 12, 1)
    said = "22 Nov 2026, 00:00 UTC · 1 Dec 2026, 00:00 UTC"
    assert plain(words.deletion_dates([second, first, second])) == said
    assert words.deletion_dates([]) == "–"


def test_a_moment_is_said_in_utc_wherever_it_came_from() -> None:
    east = timezone(timedelta(hours=9))
    moment = datetime(2026, 11, 23, 1, 30, tzinfo=east)
    assert plain(words.instant(moment)) == "22 Nov 2026, 16:30 UTC"
    assert plain(words.instant(moment.astimezone(UTC))) == "22 Nov 2026, 16:30 UTC"


def test_what_has_not_happened_is_a_dash() -> None:
    assert words.day(None) == words.instant(None) == words.deletion_date(None) == "–"


def test_counts_come_in_plain_words_and_one_order() -> None:
    counted = {"response": 1200, "prompt": 3, "snippet": 0}
    assert words.counts(counted) == "3 prompts, 1,200 AI responses"
    assert words.counts({"snippet": 1, "evaluation": 1}) == "1 code snippet, 1 quality feedback"
    assert words.counts({}) == "–"


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (PolicyPeriod(months=6), "6 months"),
        (PolicyPeriod(months=1), "1 month"),
        (PolicyPeriod(days=1, or_when_delivered=True), "1 day, or until returned"),
        (PolicyPeriod(days=30), "30 days"),
    ],
)
def test_a_period_is_said_in_months_or_days(period: PolicyPeriod, said: str) -> None:
    assert words.length(period) == said
