"""retention_plan, retention_sweep and demo_clock: what they print, and honest endings."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command

from retention import clock
from retention.expiry import guard, partitions
from retention.expiry.models import ClockGuard
from retention.ledger.models import Entry
from tests.cast import make_company
from tests.conftest import Live
from tests.retention.expiry.agreement import faults, unfinished
from tests.retention.expiry.scenes import (
    day_that_ends_on,
    keep,
    make_table,
    somebody_else,
    states,
    tamper,
)

ROOT = Path(__file__).resolve().parents[2]
DAY = timedelta(days=1)
BREAK = "UPDATE retention_cell SET acknowledged = acknowledged + 1 WHERE data_class = 'response'"


@pytest.fixture
def acme(live: Live) -> UUID:
    return make_company("Acme").id


@pytest.fixture
def due(acme: UUID) -> date:
    """A day of Acme that has ended, by this host's clock."""
    day = day_that_ends_on(clock.today())
    keep(acme, day, "a", "b", snippets=())
    return day


@pytest.fixture
def demo(live: Live, settings: Any) -> None:
    settings.DEMO = True


def said(*words: str) -> str:
    out = StringIO()
    call_command(*words, stdout=out)
    return out.getvalue()


def test_the_plan_says_in_words_what_is_due(due: date) -> None:
    text = said("retention_plan")
    assert f"due      {due:%d %b %Y} prompt     open" in text
    assert text.splitlines()[-1].endswith("2 cells with 4 records are due, 0 cells are blocked.")
    assert states() == {"open"}


def test_the_plan_says_it_as_json_and_looks_ahead(acme: UUID, due: date) -> None:
    keep(acme, due + 3 * DAY, snippets=())
    found = json.loads(said("retention_plan", "--json"))
    assert found["today"] == clock.today().isoformat()
    assert [(line["what"], line["clock_day"], line["records"]) for line in found["plan"]] == [
        ("due", due.isoformat(), 2)
    ] * 2
    ahead = json.loads(said("retention_plan", "--json", "--ahead", "10"))
    assert [line["what"] for line in ahead["plan"]] == ["due", "due", "kept", "kept"]


def test_the_plan_says_what_is_blocked_and_why(due: date) -> None:
    tamper(BREAK)
    with pytest.raises(CommandError):
        said("retention_sweep")
    text = said("retention_plan")
    assert "blocked  (count_mismatch)" in text
    assert "0 cells with 0 records are due, 1 cells are blocked." in text


@pytest.mark.parametrize("days", ["-1", "1.5", "soon", "99999"])
def test_the_plan_refuses_odd_numbers_of_days(live: Live, days: str) -> None:
    with pytest.raises(CommandError):
        said("retention_plan", f"--ahead={days}")


def test_the_sweep_says_what_it_did(due: date) -> None:
    lines = said("retention_sweep").splitlines()
    assert "purged         2" in lines
    assert "records        4" in lines
    assert "days dropped   1" in lines
    assert unfinished(clock.today()) == []
    again = json.loads(said("retention_sweep", "--json"))
    assert not any(again.values())


def test_the_sweep_s_json_comes_before_its_complaint(due: date) -> None:
    tamper(BREAK)
    out = StringIO()
    with pytest.raises(CommandError, match="retention_plan"):
        call_command("retention_sweep", "--json", stdout=out)
    assert json.loads(out.getvalue())["blocked"] == 1


def test_the_sweep_does_not_call_it_a_success_when_a_reader_is_in_the_way(due: date) -> None:
    with somebody_else() as other:
        other.execute("SELECT FROM retention_record")
        with pytest.raises(CommandError):
            said("retention_sweep")


def test_the_sweep_does_not_call_it_a_success_when_a_cell_is_locked(due: date) -> None:
    with somebody_else() as other:
        other.execute("SELECT FROM retention_cell WHERE data_class = 'prompt' FOR UPDATE")
        with pytest.raises(CommandError):
            said("retention_sweep")
    said("retention_sweep")
    assert unfinished(clock.today()) == []


def wrong_clock() -> mock._patch[mock.MagicMock]:
    now = guard.read()
    odd = guard.Reading(now.host_time, "after a restart", 10)
    return mock.patch.object(guard, "read", return_value=odd)


def test_the_sweep_refuses_a_suspect_clock_until_a_person_confirms_it(due: date) -> None:
    ClockGuard.objects.create(
        host_time=clock.host_now() - 8 * DAY, boot_id="before", uptime_seconds=9
    )
    with wrong_clock():
        with pytest.raises(CommandError, match=r"jumped_while_off.*--confirm-clock"):
            said("retention_sweep")
        assert states() == {"open"}
        assert "purged         2" in said("retention_sweep", "--confirm-clock")
    assert Entry.objects.filter(kind="expiry:clock:confirmed").count() == 1
    assert faults(clock.today()) == []


def test_exit_codes_are_honest(live: Live, due: date) -> None:
    def code(*words: str) -> int:
        ended = subprocess.run(
            [sys.executable, "-m", "django", *words],
            cwd=ROOT,
            env={**live.environment(), "DJANGO_SETTINGS_MODULE": "compliance.project.settings"},
            capture_output=True,
            check=False,
        )
        return ended.returncode

    tamper(BREAK)
    assert code("retention_sweep", "--json") == 1
    assert code("demo_clock", "--advance", "1d") == 1
    tamper("UPDATE retention_cell SET delivered = 1 WHERE blocked <> ''")
    assert code("retention_plan") == 0
    assert code("retention_sweep") == 0
    assert unfinished(clock.today()) == []


def test_the_clock_of_a_real_state_cannot_be_moved(live: Live, settings: Any) -> None:
    settings.DEMO = False
    with pytest.raises(CommandError, match="no demonstration state"):
        said("demo_clock", "--advance", "1d")
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_the_demonstration_clock_moves_to_a_day_and_has_its_tables_ready(demo: None) -> None:
    to = clock.today() + 181 * DAY
    text = said("demo_clock", "--to", to.isoformat())
    assert f"{to:%d %b %Y}, 00:00 UTC" in text
    assert clock.today() == to
    assert set(partitions.window(to)) <= set(partitions.existing())
    assert "days made" in text


@pytest.mark.parametrize(
    ("how", "by"),
    [("12h", timedelta(hours=12)), ("30d", 30 * DAY), ("2w", 14 * DAY), ("1d", DAY)],
)
def test_the_demonstration_clock_moves_by_an_interval(demo: None, how: str, by: timedelta) -> None:
    before = clock.now()
    said("demo_clock", "--advance", how)
    assert by <= clock.now() - before < by + timedelta(minutes=1)
    assert set(partitions.window(clock.today())) <= set(partitions.existing())


@pytest.mark.parametrize(
    "words",
    [
        ["--to", "2020-01-01"],
        ["--to", "9999-12-31"],
        ["--to", "22.05.2027"],
        ["--advance", "0d"],
        ["--advance", "-3d"],
        ["--advance", "3 days"],
        ["--advance", "99999w"],
        ["--advance", "1d", "--to", "2030-01-01"],
        [],
    ],
)
def test_the_demonstration_clock_moves_forward_only_and_not_off_the_calendar(
    demo: None, words: list[str]
) -> None:
    with pytest.raises(CommandError):
        said("demo_clock", *words)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)


def test_what_the_moved_clock_ends_is_destroyed_by_the_next_sweep(demo: None, acme: UUID) -> None:
    make_table(clock.today())
    keep(acme, clock.today() - DAY, snippets=())
    said("demo_clock", "--advance", "200d")
    assert states() == {"open"}
    said("retention_sweep")
    assert states() == {"purged"}
    assert unfinished(clock.today()) == []
