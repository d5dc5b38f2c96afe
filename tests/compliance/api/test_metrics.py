"""/metrics: behind a token of its own, right whichever process answers, and of nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from compliance.alarms.kinds import KINDS
from compliance.alarms.models import Alarm
from compliance.health import counters, figures
from retention import clock, tasks
from tests.cast import Cast
from tests.conftest import Live
from tests.retention.expiry.scenes import keep

TOKEN = "a-token-for-these-tests-and-nothing-else"


@pytest.fixture
def scraped(settings: Any, tmp_path: Path) -> Iterator[None]:
    settings.METRICS_TOKEN = TOKEN
    settings.STATE_DIR = tmp_path
    counters.meters.cache_clear()
    yield
    counters.meters.cache_clear()


def scrape() -> dict[str, float]:
    """Every sample by its name with its labels."""
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/plain")
    assert "no-store" in answer.headers["Cache-Control"]
    return {
        sample.name + "".join(f",{key}={value}" for key, value in sample.labels.items()):
        sample.value
        for family in text_string_to_metric_families(answer.content.decode())
        for sample in family.samples
    }  # fmt: skip


@pytest.mark.django_db
def test_without_a_token_in_the_settings_there_is_no_such_page(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    for header in ("", "Bearer ", f"Bearer {TOKEN}"):
        assert Client().get("/metrics", headers={"Authorization": header}).status_code == 404


@pytest.mark.parametrize("sent", ["", "Bearer", "Bearer wrong", f"Basic {TOKEN}", TOKEN])
def test_whoever_lacks_the_token_is_told_nothing(scraped: None, sent: str) -> None:
    answer = Client().get("/metrics", headers={"Authorization": sent})
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert b"sandglass_" not in answer.content


def test_it_tells_what_lies_in_the_stores(scraped: None, cast: Cast) -> None:
    tasks.tick()
    keep(cast.acme.id, clock.today(), "a", "b")
    Alarm.objects.create(kind="disk_low", began_at=clock.now(), raised_at=clock.now())
    found = scrape()
    assert found["sandglass_database_up"] == 1
    assert found["sandglass_items_stored_total"] > 0
    assert found["sandglass_overdue_seconds"] == found["sandglass_day_groups_due"] == 0
    assert found["sandglass_days_ahead"] == 14
    assert found["sandglass_clock_trusted"] == 1
    assert found["sandglass_part_seconds,part=deletion"] > 0
    assert found["sandglass_part_failing,part=deletion"] == 0
    assert found["sandglass_day_groups,state=open"] > 0
    assert {name for name in found if name.startswith("sandglass_alarm,")} == {
        f"sandglass_alarm,alarm={code}" for code in KINDS
    }
    assert [name for name in found if "alarm=" in name and found[name]] == [
        "sandglass_alarm,alarm=disk_low"
    ]


def test_no_number_is_of_one_customer(scraped: None, cast: Cast) -> None:
    keep(cast.acme.id, clock.today(), "a")
    answer = Client().get("/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    text = answer.content.decode()
    assert str(cast.acme.id) not in text
    assert not re.search(r"acme|borealis|@", text, re.IGNORECASE)


def test_a_database_that_is_away_is_a_metric_and_no_error(
    scraped: None, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(**_: object) -> None:
        raise OperationalError("postgres://user:secret@db/")

    monkeypatch.setattr(figures, "read", away)
    found = scrape()
    assert found["sandglass_database_up"] == 0
    assert "sandglass_overdue_seconds" not in found
