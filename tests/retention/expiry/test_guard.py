"""The guard on the host's clock: when in doubt, nothing is destroyed."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retention import clock
from retention.actor import SYSTEM
from retention.errors import ClockSuspect
from retention.expiry import guard, queries
from retention.expiry.guard import Reading, judge
from retention.expiry.sweep import sweep
from retention.ledger.models import Entry
from tests.conftest import Live
from tests.retention.expiry.agreement import faults, unfinished
from tests.retention.expiry.scenes import (
    day_that_ends_on,
    keep,
    midnight,
    somebody_else,
    standing_at,
    states,
)

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
BOOT, OTHER_BOOT, NO_BOOT = "boot-1", "boot-2", ""
UPTIME = 5000.0
TODAY = date(2026, 9, 20)
SECOND, MINUTE, HOUR, DAY = (timedelta(seconds=n) for n in (1, 60, 3600, 86400))


def seen(boot: str = BOOT) -> Reading:
    return Reading(NOW, boot, UPTIME)


def later(passed: timedelta, *, uptime: timedelta | None = None, boot: str = BOOT) -> Reading:
    """A look after `passed` of wall clock, while the machine ran for `uptime`."""
    ran = passed if uptime is None else uptime
    return Reading(NOW + passed, boot, UPTIME + ran.total_seconds())


TABLE = [
    # the first look of all
    (None, later(0 * DAY), 0 * DAY, None),
    (None, later(0 * DAY), 15 * MINUTE, None),
    (None, later(0 * DAY), 15 * MINUTE + SECOND, "differs_from_database"),
    (None, later(0 * DAY), -15 * MINUTE - SECOND, "differs_from_database"),
    # an ordinary minute, hour, month of standing still
    (seen(), later(MINUTE), 0 * DAY, None),
    (seen(), later(60 * DAY), 0 * DAY, None),
    # backwards
    (seen(), later(-MINUTE, uptime=0 * DAY), 0 * DAY, None),
    (seen(), later(-MINUTE - SECOND, uptime=0 * DAY), 0 * DAY, "ran_backwards"),
    (seen(), later(-DAY, boot=OTHER_BOOT), 0 * DAY, "ran_backwards"),
    # forwards, further than the machine was up
    (seen(), later(DAY, uptime=MINUTE), 0 * DAY, "jumped"),
    (seen(), later(16 * MINUTE, uptime=MINUTE), 0 * DAY, None),
    (seen(), later(16 * MINUTE + SECOND, uptime=MINUTE), 0 * DAY, "jumped"),
    (seen(), later(MINUTE, uptime=DAY), 0 * DAY, "jumped"),
    # the machine, or another one, was started since
    (seen(), later(7 * DAY, uptime=-HOUR, boot=OTHER_BOOT), 0 * DAY, None),
    (seen(), later(7 * DAY + SECOND, boot=OTHER_BOOT), 0 * DAY, "jumped_while_off"),
    # a system that does not name its boot
    (seen(NO_BOOT), later(DAY, uptime=MINUTE, boot=NO_BOOT), 0 * DAY, None),
    (seen(NO_BOOT), later(8 * DAY, boot=NO_BOOT), 0 * DAY, "jumped_while_off"),
]


@pytest.mark.parametrize(("before", "reading", "ahead", "verdict"), TABLE)
def test_it_judges_the_host_s_time(
    before: Reading | None, reading: Reading, ahead: timedelta, verdict: str | None
) -> None:
    assert judge(before, reading, reading.host_time + ahead) == verdict


spans = st.timedeltas(min_value=-400 * DAY, max_value=400 * DAY)


@given(spans, spans, spans, st.sampled_from([BOOT, OTHER_BOOT, NO_BOOT]))
def test_what_it_trusts_lies_close_to_every_clock_it_can_ask(
    passed: timedelta, ran: timedelta, ahead: timedelta, boot: str
) -> None:
    reading = later(passed, uptime=ran, boot=boot)
    if judge(seen(), reading, reading.host_time + ahead) is None:
        assert abs(ahead) <= 15 * MINUTE
        assert passed >= -MINUTE
        assert passed <= (ran + 15 * MINUTE + SECOND if boot == BOOT else 7 * DAY)


@given(st.timedeltas(min_value=0 * DAY, max_value=4000 * DAY), st.integers(-800, 800))
def test_a_clock_that_goes_with_the_others_is_trusted_however_long_it_stood(
    passed: timedelta, drift_seconds: int
) -> None:
    reading = later(passed, uptime=passed)
    database = reading.host_time + drift_seconds * SECOND
    assert judge(seen(), reading, database) is None


def test_it_reads_this_host_s_clocks() -> None:
    first, second = guard.read(), guard.read()
    assert abs(first.host_time - datetime.now(UTC)) < MINUTE
    assert first.boot_id == second.boot_id
    assert first.uptime_seconds <= second.uptime_seconds
    assert first.uptime_seconds >= time.monotonic() - 1, "sleep of the machine counts"


def moved(by: timedelta) -> Reading:
    """This host's clock, set wrong."""
    now = guard.read()
    return Reading(now.host_time + by, now.boot_id, now.uptime_seconds)


def database_moved(by: timedelta) -> Any:
    """The database's clock is set wrong in the same way: both stand on one host."""
    look = guard._seen

    def with_it() -> tuple[Reading | None, datetime]:
        before, database_time = look()
        return before, database_time + by

    return mock.patch.object(guard, "_seen", with_it)


def alarm() -> str:
    found = queries.guard()
    assert found
    return found.alarm


def test_it_remembers_what_it_trusted_and_forgets_nothing_by_a_slightly_older_look(
    live: Live,
) -> None:
    assert queries.guard() is None
    guard.check()
    first = queries.guard()
    guard.check(moved(-30 * SECOND))
    assert queries.guard() == first
    guard.check(moved(30 * SECOND))
    second = queries.guard()
    assert first
    assert second
    assert second.host_time > first.host_time
    assert alarm() == ""


@pytest.mark.parametrize("by", [2 * DAY, -2 * DAY, 16 * MINUTE])
def test_the_first_look_of_all_raises_its_alarm_too_and_recovers(live: Live, by: timedelta) -> None:
    with pytest.raises(ClockSuspect) as refusal:
        guard.check(moved(by))
    assert refusal.value.facts == {"reason": "differs_from_database"}
    assert alarm() == "differs_from_database"
    guard.check()
    assert alarm() == ""


@pytest.mark.parametrize(
    ("by", "reason"), [(DAY, "jumped"), (-DAY, "ran_backwards"), (16 * MINUTE, "jumped")]
)
def test_p3_a_clock_that_was_set_wrong_destroys_nothing_and_is_trusted_again_once_corrected(
    acme: UUID, by: timedelta, reason: str
) -> None:
    keep(acme, day_that_ends_on(TODAY))
    guard.check()
    with (
        mock.patch.object(guard, "read", return_value=moved(by)),
        database_moved(by),
        pytest.raises(ClockSuspect) as refusal,
    ):
        sweep(now=standing_at(midnight(TODAY)))
    assert refusal.value.facts == {"reason": reason}
    assert alarm() == reason
    assert states() == {"open"}
    assert faults(TODAY) == []
    assert not Entry.objects.filter(kind__startswith="expiry").exists()

    sweep(now=standing_at(midnight(TODAY)))
    assert alarm() == ""
    assert unfinished(TODAY) == []


def test_an_alarm_is_not_forgotten_by_asking_again(live: Live) -> None:
    guard.check()
    for _ in range(3):
        with database_moved(DAY), pytest.raises(ClockSuspect):
            guard.check(moved(DAY))
    assert alarm() == "jumped"


def test_a_person_confirms_a_clock_that_was_right_after_all(acme: UUID) -> None:
    keep(acme, day_that_ends_on(TODAY))
    with somebody_else(autocommit=True) as other:
        other.execute(
            "INSERT INTO retention_clockguard (id, host_time, boot_id, uptime_seconds, alarm)"
            " VALUES (1, %s, 'an older boot', 60, '')",
            [clock.host_now() - 20 * DAY],
        )
    with pytest.raises(ClockSuspect) as refusal:
        sweep(now=standing_at(midnight(TODAY)))
    assert refusal.value.facts == {"reason": "jumped_while_off"}
    guard.confirm(by=SYSTEM, now=clock.now())
    assert alarm() == ""
    assert list(
        Entry.objects.filter(kind="expiry:clock:confirmed").values_list("facts", flat=True)
    ) == [{"actor": "system", "actor_id": None}]
    sweep(now=standing_at(midnight(TODAY)))
    assert unfinished(TODAY) == []


def test_nobody_can_confirm_away_a_difference_to_the_database(live: Live) -> None:
    guard.confirm(by=SYSTEM, now=clock.now(), reading=moved(DAY))
    with pytest.raises(ClockSuspect):
        guard.check(moved(DAY))


def test_the_demonstration_s_offset_is_no_part_of_it(live: Live, settings: Any) -> None:
    settings.DEMO = True
    guard.check()
    clock.advance(by=200 * DAY)
    assert clock.now() - clock.host_now() > 199 * DAY
    guard.check()
    assert alarm() == ""
    found = queries.guard()
    assert found
    assert abs(found.host_time - clock.host_now()) < MINUTE


def test_there_is_one_memory_however_often_it_is_asked(live: Live) -> None:
    for _ in range(3):
        guard.check()
    with somebody_else() as other, pytest.raises(Exception, match="clockguard_one_row"):
        other.execute(
            "INSERT INTO retention_clockguard (id, host_time, boot_id, uptime_seconds, alarm)"
            " VALUES (2, now(), '', 0, '')"
        )
