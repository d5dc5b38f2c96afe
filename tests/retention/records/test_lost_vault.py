"""A vault that was replaced is an alarm, never a kept promise."""

from __future__ import annotations

from pathlib import Path

import pytest

from retention import clock
from retention.records import ingest, queries
from retention.records.models import Record
from retention.vault.errors import KeyMissing
from tests.cast import Cast
from tests.factories.exchanges import exchange
from tests.vaults import vault_at


def test_neither_writing_nor_reading_takes_a_missing_key_for_a_destroyed_one(
    cast: Cast, empty_vault: Path
) -> None:
    now = clock.now()
    [stored] = ingest.store(cast.acme.id, [exchange(at=now)], now=now)
    before = Record.objects.count()
    address = queries.Address(exchange=stored.exchange)
    view = queries.exchange(cast.acme.id, address, today=now.date())
    with vault_at(empty_vault):
        with pytest.raises(KeyMissing):
            ingest.store(cast.acme.id, [exchange("another", at=now)], now=now)
        with pytest.raises(KeyMissing):
            queries.open_records(cast.acme.id, view, now=now)
    assert Record.objects.count() == before
