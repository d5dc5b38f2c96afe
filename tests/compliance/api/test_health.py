"""/healthz and /readyz: without a key, and without telling anything but what is wrong."""

from __future__ import annotations

import os
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from compliance.health import checks
from retention import clock
from retention.expiry import guard
from retention.ledger import sequence
from retention.ledger.append import append
from tests.conftest import Live

NAMES = {"database", "vault", "broker", "ledger", "sweep"}


@pytest.fixture
def ready(live: Live, settings: Any, tmp_path: Path) -> Client:
    """A service that has everything it needs."""
    settings.CELERY_BROKER_URL = "memory://"
    settings.LEDGER_DIR = tmp_path
    sequence.sign_pending(now=clock.now())
    guard.check()
    return Client()


def test_alive_asks_nobody_else() -> None:
    answer = Client().get("/healthz")
    assert (answer.status_code, answer.json()) == (200, {"status": "alive"})


def test_ready_names_all_that_was_looked_at(ready: Client) -> None:
    answer = ready.get("/readyz")
    assert answer.status_code == 200
    assert answer.json() == {"status": "ready", "checks": dict.fromkeys(NAMES, "ok")}
    assert "no-store" in answer.headers["Cache-Control"]


def test_each_trouble_is_named_and_nothing_else_is_told(
    ready: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in NAMES:
        fails = dict(checks.CHECKS) | {name: _fail}
        monkeypatch.setattr(checks, "CHECKS", fails)
        answer = ready.get("/readyz")
        assert answer.status_code == 503
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.headers["Retry-After"]
        problem = answer.json()
        assert (problem["code"], problem["detail"]) == ("not_ready", f"Not ready: {name}.")
        assert problem["checks"] == dict.fromkeys(NAMES, "ok") | {name: "cannot be reached"}
        assert b"secret" not in answer.content
        monkeypatch.undo()
        settings.CELERY_BROKER_URL = "memory://"


def _fail() -> None:
    raise RuntimeError("postgres://user:secret@10.0.0.1/")


def test_a_check_that_hangs_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "PATIENCE_SECONDS", 0.05)
    released = threading.Event()
    found = checks.outcomes({"slow": lambda: released.wait(60) and None, "fast": lambda: None})
    released.set()
    assert found == {"slow": "does not answer in time", "fast": "ok"}


def test_a_broker_that_is_not_there_is_noticed(
    ready: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_BROKER_URL = "redis+socket:///nowhere/valkey.sock"
    monkeypatch.setattr(checks, "PATIENCE_SECONDS", 60.0)
    answer = ready.get("/readyz")
    assert answer.json()["checks"]["broker"] == "cannot be reached"


def test_entries_that_wait_too_long_are_noticed(ready: Client) -> None:
    with transaction.atomic():
        append("policy:version:accepted", now=clock.now() - timedelta(minutes=6), facts={})
    answer = ready.get("/readyz")
    assert answer.json()["checks"]["ledger"] == (
        "entries have been waiting to be signed for too long"
    )


def test_a_ledger_that_cannot_be_written_is_noticed(
    ready: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(checks.Unready):
        checks.ledger()


def test_a_deletion_run_that_stays_away_is_noticed(
    ready: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = clock.host_now() + timedelta(minutes=16)
    monkeypatch.setattr(checks.clock, "host_now", lambda: late)
    monkeypatch.setattr(checks, "STARTED", time.monotonic())
    checks.sweep()
    monkeypatch.setattr(checks, "STARTED", time.monotonic() - 2 * checks.GRACE_SECONDS)
    with pytest.raises(checks.Unready, match="last run"):
        checks.sweep()


def test_only_reading_is_answered() -> None:
    for address in ("/healthz", "/readyz"):
        assert Client().post(address).status_code == 405
