"""What would be destroyed is data first: due, blocked and why, kept."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from unittest import mock
from uuid import UUID

import pytest

from retention.expiry import conservation, steps
from retention.expiry.plan import PlanLine, next_deletion, plan
from retention.expiry.sweep import sweep
from retention.records import deliver, queries
from tests.conftest import Live
from tests.retention.expiry.scenes import (
    day_that_ends_on,
    keep,
    midnight,
    noon,
    somebody_else,
    standing_at,
    tamper,
)

TODAY = date(2026, 9, 20)
OLD = day_that_ends_on(TODAY)
DAY = timedelta(days=1)
BREAK = "UPDATE retention_cell SET acknowledged = acknowledged + 1 WHERE data_class = 'response'"


def test_nothing_is_due_where_nothing_is(live: Live) -> None:
    assert plan(TODAY) == []
    assert next_deletion(TODAY) is None


def test_it_names_what_is_due_and_nothing_a_day_early(acme: UUID, borealis: UUID) -> None:
    for customer in (acme, borealis):
        keep(customer, OLD, "a", "b", snippets=())
    assert plan(TODAY - DAY) == []
    assert plan(TODAY) == [
        PlanLine("due", OLD, kind, "open", TODAY, "", 2, 4) for kind in ("prompt", "response")
    ]


def test_it_looks_ahead_when_asked(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    keep(acme, OLD + DAY, snippets=())
    ahead = plan(TODAY, days_ahead=1)
    assert [(line.what, line.clock_day) for line in ahead] == [
        *[("due", OLD)] * 2,
        *[("kept", OLD + DAY)] * 2,
    ]
    assert len(plan(TODAY)) == 2


def test_the_run_does_what_the_plan_says(acme: UUID) -> None:
    keep(acme, OLD, "a", "b")
    keep(acme, OLD + 30 * DAY, "a")
    planned = plan(TODAY)
    report = sweep(now=standing_at(midnight(TODAY)))
    assert report.purged == sum(line.cells for line in planned)
    assert report.records == sum(line.records for line in planned)
    assert plan(TODAY) == []


def test_it_says_what_is_blocked_and_why_and_keeps_saying_so(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    tamper(BREAK)
    for _ in range(2):
        sweep(now=standing_at(midnight(TODAY)))
        [line] = plan(TODAY)
        assert (line.what, line.why, line.state) == ("blocked", "count_mismatch", "sealed")
        assert line.as_dict()["clock_day"] == OLD.isoformat()


def test_it_says_what_the_nightly_count_blocked_long_before_its_day(acme: UUID) -> None:
    keep(acme, TODAY - DAY, snippets=())
    tamper(BREAK)
    conservation.check_all()
    [line] = plan(TODAY)
    assert (line.what, line.why, line.state) == ("blocked", "count_mismatch", "open")
    assert line.expires_on > TODAY


def test_what_is_blocked_is_never_seen_as_due_while_it_is_counted_anew(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    tamper(BREAK)
    sweep(now=standing_at(midnight(TODAY)))
    intended, seen = steps.pass_point_of_no_return, list[str]()

    def looked_at(today: date, now: datetime, run: UUID) -> int:
        seen.extend(line.what for line in plan(TODAY))
        return intended(today, now, run)

    with mock.patch.object(steps, "pass_point_of_no_return", looked_at):
        sweep(now=standing_at(midnight(TODAY)))
    assert set(seen) == {"blocked"}


def test_it_shows_what_waits_half_way(acme: UUID) -> None:
    keep(acme, OLD, snippets=())
    with somebody_else() as other:
        other.execute("SELECT FROM retention_record")
        sweep(now=standing_at(midnight(TODAY)))
    assert {(line.what, line.state) for line in plan(TODAY)} == {("due", "shredded")}


@pytest.mark.parametrize("delivered", [True, False])
def test_the_next_deletion_is_the_first_day_on_which_something_goes(
    acme: UUID, delivered: bool
) -> None:
    keep(acme, TODAY)
    if delivered:
        deliver.deliver(acme, queries.Address(None, "triage-1", TODAY), now=noon(TODAY))
    assert next_deletion(TODAY) == (date(2027, 3, 20) if delivered else TODAY + DAY)
