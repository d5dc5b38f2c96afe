"""One clock: host time, moved forward by a demonstration only, and read in one place only."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.db import Error, connection, connections, transaction

from retention import clock
from retention.errors import ClockRefused
from retention.models import DemoClock
from tests.conftest import Live

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def standing_host() -> Iterator[None]:
    """The host's clock stands still at noon."""
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def demo(live: Live, settings: Any, standing_host: None) -> None:
    """A demonstration state."""
    settings.DEMO = True


@pytest.fixture
def earnest(live: Live, settings: Any, standing_host: None) -> None:
    """A state that is no demonstration, into whose table somebody wrote an offset."""
    settings.DEMO = False
    DemoClock.objects.create(id=1, offset_seconds=86_400)


def test_outside_a_demonstration_it_is_the_hosts_time(earnest: None) -> None:
    assert clock.offset() == timedelta()
    assert clock.now() == clock.host_now() == NOON
    assert clock.today() == date(2026, 11, 22)


def test_outside_a_demonstration_it_does_not_ask_the_database(
    earnest: None, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(0):
        clock.now()


@pytest.mark.parametrize("how", [{"by": DAY}, {"to": date(2027, 1, 1)}])
def test_outside_a_demonstration_it_does_not_move(earnest: None, how: dict[str, Any]) -> None:
    with pytest.raises(ClockRefused, match="no demonstration"):
        clock.advance(**how)
    with pytest.raises(ClockRefused, match="no demonstration"):
        clock.start(at=NOON - DAY)
    assert DemoClock.objects.get().offset_seconds == 86_400


def test_times_are_aware_and_utc(demo: None) -> None:
    assert clock.now().tzinfo is UTC
    assert clock.host_now().tzinfo is UTC
    assert clock.advance(by=DAY).utcoffset() == timedelta()


def test_a_demonstration_begins_at_host_time(demo: None) -> None:
    assert clock.now() == NOON


def test_it_moves_by_an_interval(demo: None) -> None:
    assert clock.advance(by=7 * DAY) == NOON + 7 * DAY
    assert clock.now() == NOON + 7 * DAY
    assert clock.advance(by=timedelta(hours=1)) == NOON + 7 * DAY + timedelta(hours=1)
    assert clock.host_now() == NOON


def test_it_moves_to_the_first_instant_of_a_day(demo: None) -> None:
    clock.advance(to=date(2027, 5, 22))
    assert clock.now() == datetime(2027, 5, 22, tzinfo=UTC)
    assert clock.today() == date(2027, 5, 22)


def test_it_moves_to_a_moment_and_never_stands_before_it(live: Live, settings: Any) -> None:
    settings.DEMO = True
    host = NOON + timedelta(microseconds=1)
    with time_machine.travel(host, tick=False):
        target = clock.advance(to=NOON + DAY)
        assert target == NOON + DAY
        assert timedelta() <= clock.now() - target < timedelta(seconds=1)


def test_it_runs_on_with_the_host(live: Live, settings: Any) -> None:
    settings.DEMO = True
    with time_machine.travel(NOON, tick=False) as host:
        clock.advance(by=DAY)
        host.shift(timedelta(hours=14))
        assert clock.now() == NOON + DAY + timedelta(hours=14)
        assert clock.today() == date(2026, 11, 24)


@pytest.mark.parametrize(
    "how",
    [
        pytest.param({"by": timedelta()}, id="not at all"),
        pytest.param({"by": -DAY}, id="back"),
        pytest.param({"to": date(2026, 11, 29)}, id="the day on which it stands"),
        pytest.param({"to": date(2026, 11, 22)}, id="the host's day"),
        pytest.param({"to": NOON + 7 * DAY}, id="the moment at which it stands"),
        pytest.param({"to": date(1970, 1, 1)}, id="long ago"),
        pytest.param({}, id="nowhere"),
        pytest.param({"by": DAY, "to": date(2027, 1, 1)}, id="two ways"),
    ],
)
def test_it_moves_forward_only(demo: None, how: dict[str, Any]) -> None:
    clock.advance(by=7 * DAY)
    with pytest.raises(ClockRefused):
        clock.advance(**how)
    assert clock.now() == NOON + 7 * DAY


def test_it_starts_once_also_in_the_past(demo: None) -> None:
    clock.start(at=NOON - 240 * DAY)
    assert clock.now() == NOON - 240 * DAY
    with pytest.raises(ClockRefused, match="runs already"):
        clock.start(at=NOON - 300 * DAY)
    assert clock.now() == NOON - 240 * DAY


def test_once_it_moved_it_cannot_be_started(demo: None) -> None:
    clock.advance(by=DAY)
    with pytest.raises(ClockRefused, match="runs already"):
        clock.start(at=NOON - DAY)
    assert clock.now() == NOON + DAY


def test_two_who_move_it_at_once_both_move_it(demo: None) -> None:
    def move() -> None:
        try:
            clock.advance(by=DAY)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as pool:
        for moving in [pool.submit(move) for _ in range(4)]:
            moving.result()
    assert clock.now() == NOON + 4 * DAY


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE retention_democlock SET offset_seconds = offset_seconds - 1",
        "UPDATE retention_democlock SET offset_seconds = 0",
        "UPDATE retention_democlock SET id = 2",
        "INSERT INTO retention_democlock (id, offset_seconds) VALUES (2, 0)",
        "INSERT INTO retention_democlock (id, offset_seconds) VALUES (1, 0)"
        " ON CONFLICT (id) DO UPDATE SET offset_seconds = 0",
        "DELETE FROM retention_democlock",
        "TRUNCATE retention_democlock",
    ],
)
def test_not_even_sql_turns_it_back(demo: None, statement: str) -> None:
    clock.advance(by=DAY)
    with pytest.raises(Error), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert clock.now() == NOON + DAY


# ---- nobody else reads the time

ROOT = Path(__file__).parents[2]
PACKAGES = ("retention", "compliance")
CLOCK = "retention/clock.py"
GUARD = "retention/expiry/guard.py"
READS = {
    "datetime": {"now", "utcnow", "today"},
    "date": {"today"},
    "timezone": {"now", "localtime", "localdate"},
    "time": {"time", "time_ns", "localtime", "gmtime", "ctime", "asctime", "strftime"}
    | {"clock_gettime", "clock_gettime_ns"},
}
IMPORTS = {
    "time": READS["time"],
    "django.utils.timezone": READS["timezone"],
    "django.db.models.functions": {"Now"},
}
MODEL_FIELDS = {"auto_now", "auto_now_add"}
SQL = re.compile(
    r"\bnow\s*\(\s*\)|\bcurrent_(date|time|timestamp)\b|\blocaltime(stamp)?\b"
    r"|\b(clock|statement|transaction)_timestamp\b|\btimeofday\b|'now'",
    re.IGNORECASE,
)
ALLOWED = {(GUARD, "time.clock_gettime"), (GUARD, "clock_timestamp")}


def _docstrings(tree: ast.AST) -> set[int]:
    """The constants that are prose."""
    return {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def reads_of_time(source: str) -> Iterator[str]:
    """Everything in a Python source that reads a clock, or asks a database to."""
    tree = ast.parse(source)
    prose = _docstrings(tree)
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=owner), attr=attr) if attr in READS.get(owner, ()):
                yield f"{owner}.{attr}"
            case ast.Attribute(value=ast.Attribute(attr=owner), attr=attr) if attr in READS.get(
                owner, ()
            ):
                yield f"{owner}.{attr}"
            case ast.ImportFrom(module=str(module), names=names):
                yield from (n.name for n in names if n.name in IMPORTS.get(module, ()))
            case ast.keyword(arg=str(name)) if name in MODEL_FIELDS:
                yield name
            case ast.Constant(value=str(text)) if id(node) not in prose:
                yield from (found[0] for found in SQL.finditer(text))


def sources(suffix: str) -> list[str]:
    return sorted(
        str(path.relative_to(ROOT))
        for package in PACKAGES
        for path in (ROOT / package).rglob(f"*{suffix}")
    )


@pytest.mark.parametrize("path", [p for p in sources(".py") if p != CLOCK])
def test_no_other_module_reads_the_time(path: str) -> None:
    found = {(path, what) for what in reads_of_time((ROOT / path).read_text())}
    assert found <= ALLOWED


# What triggers ask, so that nobody can write an earlier day of giving notice.
DATABASES_CLOCK = "retention/sql/database_time.sql"


@pytest.mark.parametrize("path", [p for p in sources(".sql") if p != DATABASES_CLOCK])
def test_no_statement_in_a_file_reads_the_time(path: str) -> None:
    text = re.sub(r"--[^\n]*", "", (ROOT / path).read_text())
    assert not SQL.search(text)


@pytest.mark.parametrize(
    "source",
    [
        "datetime.now(UTC)",
        "x = datetime.datetime.utcnow()",
        "date.today()",
        "dt.date.today()",
        "timezone.now()",
        "default=timezone.now",
        "time.time()",
        "time.strftime('%Y')",
        "from time import time",
        "from django.utils.timezone import now",
        "from django.db.models.functions import Now",
        "models.DateTimeField(auto_now_add=True)",
        "execute('SELECT now()')",
        "execute(f'SELECT {x}, CURRENT_DATE')",
        "execute('WHERE a > clock_timestamp()')",
    ],
)
def test_the_search_finds_what_it_looks_for(source: str) -> None:
    assert list(reads_of_time(source))


@pytest.mark.parametrize(
    "source",
    [
        "clock.now()",
        "clock.today()",
        "time.monotonic()",
        "time.perf_counter()",
        "time.sleep(1)",
        "datetime.fromisoformat(text)",
        '"""Judged by `now()`."""',
        "execute('SELECT known')",
    ],
)
def test_the_search_finds_nothing_else(source: str) -> None:
    assert not list(reads_of_time(source))
