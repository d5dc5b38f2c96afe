"""A vault that was lost is noticed before anything starts."""

from __future__ import annotations

from typing import Any

from retention import clock
from retention.checks import (
    somebody_rings_the_bell,
    vault_belongs_to_the_records,
    vault_is_lost,
)
from retention.records import ingest
from tests.cast import Cast
from tests.conftest import Live
from tests.factories.exchanges import exchange
from tests.vaults import vault_at

BOTH = ["default", "vault"]


def test_a_new_service_and_one_with_its_vault_are_fine(cast: Cast) -> None:
    assert vault_belongs_to_the_records(databases=BOTH) == []
    ingest.store(cast.acme.id, [exchange(at=clock.now())], now=clock.now())
    assert vault_belongs_to_the_records(databases=BOTH) == []


def test_live_records_beside_an_empty_vault_are_an_error(
    cast: Cast, live: Live, empty_vault: object
) -> None:
    ingest.store(cast.acme.id, [exchange(at=clock.now())], now=clock.now())
    with vault_at(empty_vault):  # type: ignore[arg-type]
        assert vault_is_lost()
        assert [found.id for found in vault_belongs_to_the_records(databases=BOTH)] == [
            "retention.E003"
        ]


def test_a_service_without_a_broker_is_warned_about(settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://localhost"
    assert somebody_rings_the_bell() == []
    settings.CELERY_BROKER_URL = "memory://"
    assert [found.id for found in somebody_rings_the_bell()] == ["retention.W001"]
