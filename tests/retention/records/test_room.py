"""Ingest stops before the disk is full, deletion does not."""

from __future__ import annotations

from typing import Any

import pytest

from retention import clock
from retention.errors import StorageFull
from retention.expiry.sweep import sweep
from retention.records import ingest
from retention.records.models import Cell, Record
from tests.cast import Cast
from tests.factories.exchanges import exchange

MORE_THAN_ANY_DISK = 10**9


def test_exchanges_are_refused_while_the_disk_has_less_than_the_reserve(
    cast: Cast, settings: Any
) -> None:
    settings.DISK_RESERVE_MB = MORE_THAN_ANY_DISK
    with pytest.raises(StorageFull) as refusal:
        ingest.store(cast.acme.id, [exchange(at=clock.now())], now=clock.now())
    assert refusal.value.retryable
    assert not Record.objects.exists()
    assert not Cell.objects.exists()


def test_p3_what_is_due_is_deleted_also_then(cast: Cast, settings: Any) -> None:
    now = clock.now()
    ingest.store(cast.acme.id, [exchange(at=now, retain_days=1)], now=now)
    settings.DISK_RESERVE_MB = MORE_THAN_ANY_DISK
    report = sweep(now=lambda: now.replace(year=now.year + 1))
    assert report.purged == Cell.objects.filter(state="purged").count() > 0
