"""Can it do its work? One check for each thing that is needed, none slower than three seconds."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import structlog
from django.conf import settings
from django.db import connections
from kombu import Connection

from retention import clock
from retention.expiry.models import ClockGuard
from retention.ledger.models import Entry
from retention.vault.router import ALIAS

# A check that takes longer than this has failed; all of them run side by side.
PATIENCE_SECONDS = 3.0
BROKER_SECONDS = 2
# Keys must be gone within 15 minutes of their instant, so a run must not be older than that.
OLDEST_SWEEP = timedelta(minutes=15)
OLDEST_PENDING = timedelta(minutes=5)
# The first run comes a minute after the start.
GRACE_SECONDS = 180
STARTED = time.monotonic()
log = structlog.get_logger("compliance.health")


class Unready(Exception):
    """Something that is needed is missing; the message is safe to show."""


def outcomes(checks: Mapping[str, Callable[[], None]]) -> dict[str, str]:
    """`ok`, or what is wrong, for each check: never later than `PATIENCE_SECONDS`."""
    pool = ThreadPoolExecutor(max_workers=len(checks), thread_name_prefix="ready")
    deadline = time.monotonic() + PATIENCE_SECONDS
    asked = {name: pool.submit(_closing, check) for name, check in checks.items()}
    found = {name: _word(name, answer, deadline) for name, answer in asked.items()}
    # A check that hangs is left behind; it has time-outs of its own.
    pool.shutdown(wait=False, cancel_futures=True)
    return found


def _closing(check: Callable[[], None]) -> None:
    """Connections belong to a thread: this one is done with its own."""
    try:
        check()
    finally:
        connections.close_all()


def _word(name: str, answer: Future[None], deadline: float) -> str:
    try:
        answer.result(timeout=max(0.0, deadline - time.monotonic()))
    except Unready as reason:
        return str(reason)
    except TimeoutError:
        return "does not answer in time"
    except Exception as error:
        # Messages of drivers hold addresses and names of users: only the log hears the class.
        log.warning("not ready", check=name, exc_info=error)
        return "cannot be reached"
    return "ok"


def database() -> None:
    """PostgreSQL answers."""
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT 1")


def vault() -> None:
    """The vault answers, and is one: SQLite makes an empty file of any name."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1 FROM vault_cellkey LIMIT 1")


def broker() -> None:
    """The broker answers."""
    options = {"socket_timeout": BROKER_SECONDS, "socket_connect_timeout": BROKER_SECONDS}
    url = settings.CELERY_BROKER_URL
    with Connection(url, connect_timeout=BROKER_SECONDS, transport_options=options) as connection:
        connection.ensure_connection(max_retries=1, timeout=BROKER_SECONDS)


def ledger() -> None:
    """The log can be written, and what was written is signed soon."""
    folder = Path(settings.LEDGER_DIR)
    if folder.exists() and not os.access(folder, os.W_OK | os.X_OK):
        raise Unready("its folder cannot be written")
    oldest = Entry.objects.filter(signed_at=None).order_by("id").first()
    if oldest is not None and clock.now() - oldest.created_at > OLDEST_PENDING:
        raise Unready("entries have been waiting to be signed for too long")


def sweep() -> None:
    """The deletion run comes by, and trusts the host's clock."""
    guard = ClockGuard.objects.first()
    if guard is not None and guard.alarm:
        raise Unready("stopped: the host's clock is not trusted")
    fresh = guard is not None and clock.host_now() - guard.host_time <= OLDEST_SWEEP
    if not fresh and time.monotonic() - STARTED > GRACE_SECONDS:
        raise Unready("the last run is too long ago")


CHECKS: Mapping[str, Callable[[], None]] = {
    "database": database,
    "vault": vault,
    "broker": broker,
    "ledger": ledger,
    "sweep": sweep,
}
