"""The figures are those of the stores."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from compliance.health import figures
from compliance.health.figures import Backlog, Figures
from retention.ledger.append import append
from retention.policies.models import PolicyVersion
from retention.records.models import Cell

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 0, 20, tzinfo=UTC)
TODAY = NOW.date()


def add(state: str, due: int, **more: Any) -> None:
    """A cell in this state whose date is so many days from today."""
    Cell.objects.create(
        id=uuid4(), customer_id=uuid4(), clock_day=TODAY - timedelta(days=30), data_class="prompt",
        version=PolicyVersion.objects.get(number=1), expires_on=TODAY + timedelta(days=due),
        state=state, created_at=NOW, **more,
    )  # fmt: skip


def read() -> Figures:
    return figures.read(now=NOW, host_now=NOW)


def test_what_is_due_and_has_a_key_is_overdue_since_its_midnight() -> None:
    add("open", 1)
    assert read().readable == Backlog(0, 0.0)
    add("open", 0)
    assert read().readable == Backlog(1, 20 * 60)
    add("sealed", -1)
    assert read().readable == Backlog(2, 86_400 + 20 * 60)


def test_what_has_no_key_waits_for_its_removal() -> None:
    add("shredded", -1)
    assert read().rows == Backlog(1, 86_400 + 20 * 60)
    assert read().readable.waiting == 0


def test_what_does_not_add_up_is_counted() -> None:
    add("open", 5, blocked="count_mismatch")
    assert read().blocked == 1


def test_entries_that_wait_are_counted_and_have_an_age() -> None:
    before = read().unsigned.waiting
    with transaction.atomic():
        append("policy:version:accepted", now=NOW - timedelta(days=900), facts={})
    assert read().unsigned == Backlog(before + 1, 900 * 86_400)


def test_days_ahead_are_counted_to_the_first_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    days = {TODAY + timedelta(days=n): False for n in (0, 1, 2, 4)}
    monkeypatch.setattr(figures.partitions, "existing", lambda: days)
    assert read().days_ahead == 2
    assert read().missing_days == len(figures.partitions.window(TODAY)) - 14 - 1


def test_the_copy_is_as_old_as_its_file(settings: Any, tmp_path: Path) -> None:
    settings.VAULT_COPY = ""
    assert read().copy_age is None
    settings.VAULT_COPY = str(tmp_path / "copy")
    assert read().copy_age == float("inf")
    (tmp_path / "copy").touch()
    now = datetime.now(UTC) + timedelta(hours=2)
    age = figures.read(now=now, host_now=now).copy_age
    assert age is not None
    assert 7190 < age < 7300


def test_totals_are_by_state() -> None:
    add("open", 5, acknowledged=3)
    add("shredded", -1, acknowledged=4)
    assert figures.totals()["open"] == (1, 3, 0, 0, 0)
    assert figures.totals()["shredded"] == (1, 4, 0, 0, 0)


def test_a_look_takes_as_many_queries_for_many_day_groups() -> None:
    add("open", 0)
    few = _queries(read)
    for _ in range(10):
        add("open", 0)
    assert _queries(read) == few <= 7


def _queries(call: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        call()
    return len(queries)
