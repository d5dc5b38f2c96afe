"""How long a session lives, as a table."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from compliance.people.browsers import describe
from compliance.people.limits import GRAIN, MEMBER, STAFF, Limits, limits

START = datetime(2026, 11, 22, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("held", "used_after", "ends_after"),
    [
        (STAFF, 0 * HOUR, 15 * MINUTE),
        (STAFF, 7 * HOUR, 7 * HOUR + 15 * MINUTE),
        (STAFF, 7 * HOUR + 50 * MINUTE, 8 * HOUR),
        (STAFF, 8 * HOUR, 8 * HOUR),
        (MEMBER, 0 * HOUR, 60 * MINUTE),
        (MEMBER, 13 * DAY, 13 * DAY + 60 * MINUTE),
        (MEMBER, 14 * DAY - MINUTE, 14 * DAY),
    ],
)
def test_a_session_ends_at_the_earlier_of_both(
    held: Limits, used_after: timedelta, ends_after: timedelta
) -> None:
    assert held.end(signed_in_at=START, now=START + used_after) == START + ends_after


def test_staff_and_members_have_their_own() -> None:
    assert limits(staff=True) == STAFF
    assert limits(staff=False) == MEMBER


def test_noting_use_seldom_never_makes_a_session_longer() -> None:
    assert STAFF.idle > GRAIN


FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/142.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        (FIREFOX, "Firefox on Linux"),
        (CHROME, "Chrome on Windows"),
        (CHROME + " Edg/142.0", "Edge on Windows"),
        (IPHONE, "Safari on iPhone"),
        ("curl/8.5", "Unknown browser"),
        ("", "Unknown browser"),
        ("<script>alert(1)</script>", "Unknown browser"),
    ],
)
def test_a_browser_is_shown_in_words_of_ours(sent: str, shown: str) -> None:
    assert describe(sent) == shown
