"""The bell: one tick finds everything there is to do, whoever rings it and however late."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.conf import settings as project
from django.db import DatabaseError, connection

from compliance.project.celery import app
from retention import clock, tasks
from retention.errors import ClockSuspect
from retention.expiry import conservation, guard, partitions
from retention.expiry import sweep as sweeping
from retention.expiry.models import ClockGuard, DeletionRecord, TickPart
from retention.ledger import sequence
from retention.ledger.models import Entry
from retention.records.models import Cell
from retention.vault import copy as vault_copy
from tests.cast import make_company
from tests.conftest import Live
from tests.retention.expiry.agreement import faults, unfinished
from tests.retention.expiry.scenes import keep, somebody_else, states, tamper
from tests.retention.expiry.threads import at_once

DAY = timedelta(days=1)


@pytest.fixture
def days_pass(live: Live, settings: Any) -> Callable[[int], date]:
    """A demonstration state, so that days can pass: returns the new today."""
    settings.DEMO = True

    def passing(days: int) -> date:
        return clock.advance(by=days * DAY).date()

    return passing


@pytest.fixture
def acme(live: Live) -> UUID:
    return make_company("Acme").id


def counts() -> mock._patch[mock.MagicMock]:
    return mock.patch.object(conservation, "check_all", wraps=conservation.check_all)


def keep_yesterday(customer: UUID, *ids: str) -> None:
    """Exchanges of yesterday, kept yesterday, snippets included."""
    keep(customer, clock.today() - DAY, *ids)


def test_one_tick_makes_days_signs_and_destroys_what_is_due(
    acme: UUID, days_pass: Callable[[int], date]
) -> None:
    keep_yesterday(acme, "a", "b")
    today = days_pass(1)
    assert Entry.objects.filter(signed_at=None).exists()
    tasks.tick()
    assert set(partitions.window(today)) <= set(partitions.existing())
    assert not Entry.objects.filter(signed_at=None).exists()
    assert [d.counts for d in DeletionRecord.objects.all()] == [{"snippet": 2}]
    assert faults(today) == unfinished(today) == []


@pytest.mark.parametrize("days", [1, 40, 200])
def test_p3_one_tick_catches_up_on_days_without_any(
    acme: UUID, days_pass: Callable[[int], date], days: int
) -> None:
    for _ in range(3):
        keep_yesterday(acme, "a", "b")
        days_pass(1)
        tasks.tick()
    today = days_pass(days)
    tasks.tick()
    assert faults(today) == unfinished(today) == []
    assert set(partitions.window(today)) <= set(partitions.existing())
    if days == 200:
        assert states() == {"purged"}
    before = DeletionRecord.objects.count()
    tasks.tick()
    assert DeletionRecord.objects.count() == before > 0


def test_two_schedulers_do_no_harm(acme: UUID, days_pass: Callable[[int], date]) -> None:
    keep_yesterday(acme, "a", "b", "c")
    due = sum(Cell.objects.filter(data_class="snippet").values_list("acknowledged", flat=True))
    today = days_pass(1)
    assert at_once(tasks.tick, tasks.tick, tasks.tick) == []
    tasks.tick()
    assert faults(today) == unfinished(today) == []
    assert [d.counts for d in DeletionRecord.objects.all()] == [{"snippet": due}]


PARTS: dict[str, Any] = {
    "ensure": partitions,
    "sign_pending": sequence,
    "sweep": sweeping,
    "check_all": conservation,
}


@pytest.mark.parametrize("broken", PARTS)
def test_every_part_runs_whatever_became_of_the_others(live: Live, broken: str) -> None:
    tasks.tick()
    ClockGuard.objects.update(counted_on=None)
    with ExitStack() as stack:
        spies = {
            name: stack.enter_context(mock.patch.object(module, name, return_value=0))
            for name, module in PARTS.items()
        }
        spies["sweep"].return_value = sweeping.SweepReport()
        spies[broken].side_effect = DatabaseError("gone")
        with pytest.raises(DatabaseError, match="gone"):
            tasks.tick()
    assert all(spy.called for spy in spies.values())


def test_p3_a_suspect_clock_stops_destruction_and_nothing_else(
    acme: UUID, days_pass: Callable[[int], date]
) -> None:
    keep_yesterday(acme)
    today = days_pass(1)
    guard.check()
    now = guard.read()
    backwards = guard.Reading(now.host_time - DAY, now.boot_id, now.uptime_seconds)
    with mock.patch.object(guard, "read", return_value=backwards), pytest.raises(ClockSuspect):
        tasks.tick()
    assert states() == {"open"}
    assert set(partitions.window(today)) <= set(partitions.existing())
    assert ClockGuard.objects.get().alarm == "differs_from_database"
    tasks.tick()
    assert ClockGuard.objects.get().alarm == ""
    assert unfinished(today) == []


def test_it_counts_once_a_day(acme: UUID, days_pass: Callable[[int], date]) -> None:
    with counts() as counted:
        for _ in range(3):
            tasks.tick()
        assert counted.call_count == 1
        today = days_pass(1)
        tasks.tick()
        tasks.tick()
        assert counted.call_count == 2
    assert ClockGuard.objects.get().counted_on == today


def test_a_count_that_died_is_begun_anew(live: Live) -> None:
    with (
        mock.patch.object(conservation, "check_all", side_effect=DatabaseError("gone")),
        pytest.raises(DatabaseError),
    ):
        tasks.tick()
    with counts() as counted:
        tasks.tick()
    assert counted.called


def test_of_many_ticks_one_counts(live: Live) -> None:
    tasks.tick()
    ClockGuard.objects.update(counted_on=None)
    with somebody_else(autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('retention nightly count'))")
        with counts() as counted:
            tasks.tick()
        assert not counted.called
    with counts() as counted:
        tasks.tick()
    assert counted.called
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_locks JOIN pg_database ON pg_database.oid = database"
            " WHERE locktype = 'advisory' AND datname = current_database()"
        )
        assert cursor.fetchone() == (0,), "a pooled connection keeps nothing"


def test_the_count_blocks_what_does_not_add_up(acme: UUID) -> None:
    keep_yesterday(acme)
    tamper("UPDATE retention_cell SET acknowledged = 2 WHERE data_class = 'response'")
    tasks.tick()
    assert Cell.objects.get(data_class="response").blocked == "count_mismatch"


def test_the_vault_is_copied_only_where_there_is_a_place_for_it(live: Live, settings: Any) -> None:
    with mock.patch.object(vault_copy, "roll") as roll:
        settings.VAULT_COPY = ""
        tasks.tick()
        assert not roll.called
        settings.VAULT_COPY = "/media/other/vault.copy"
        tasks.tick()
        assert roll.called


def part(name: str) -> TickPart:
    return TickPart.objects.get(name=name)


def test_each_part_says_how_it_went(acme: UUID, days_pass: Callable[[int], date]) -> None:
    keep_yesterday(acme, "a", "b")
    days_pass(1)
    tasks.tick()
    names = {"days", "signing", "deletion", "tallies", "flags", "outlook", "count", "copy"}
    assert set(TickPart.objects.values_list("name", flat=True)) == names
    assert part("deletion").facts["records"] == 2
    assert part("deletion").seconds > 0
    assert part("count").facts == {"wrong": 0}
    first = part("count").came_at
    tasks.tick()
    assert part("count").facts == {"wrong": 0}, "what it last found stands"
    assert first
    assert part("count").came_at > first


def test_a_part_that_fails_says_since_when_and_why(live: Live) -> None:
    tasks.tick()
    came = part("deletion").came_at
    for _ in range(2):
        with (
            mock.patch.object(sweeping, "sweep", side_effect=ClockSuspect(reason="jumped")),
            pytest.raises(ClockSuspect),
        ):
            tasks.tick()
    failed = part("deletion")
    assert (failed.failure, failed.came_at) == ("clock_suspect", came)
    since = failed.failing_since
    with (
        mock.patch.object(sweeping, "sweep", side_effect=DatabaseError("gone")),
        pytest.raises(DatabaseError),
    ):
        tasks.tick()
    assert (part("deletion").failure, part("deletion").failing_since) == ("failed", since)
    tasks.tick()
    assert (part("deletion").failure, part("deletion").failing_since) == ("", None)


def test_a_part_that_cannot_be_noted_is_done_all_the_same(live: Live) -> None:
    with (
        mock.patch.object(TickPart.objects, "get_or_create", side_effect=DatabaseError("gone")),
        mock.patch.object(conservation, "check_all", return_value=[]) as counted,
        pytest.raises(DatabaseError),
    ):
        tasks.tick()
    assert counted.called


def test_a_tick_survives_the_end_of_its_connection(live: Live) -> None:
    tasks.tick()
    with somebody_else(autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    tasks.tick()


def test_the_bell_is_rung_every_minute_and_an_old_ring_is_worth_nothing() -> None:
    schedule: dict[str, dict[str, Any]] = project.CELERY_BEAT_SCHEDULE
    entry = schedule["tick"]
    assert entry["schedule"] == 60
    assert entry["options"]["expires"] < 60
    assert app.tasks[entry["task"]].name == tasks.tick.name == "retention.tick"
