"""Sessions, codes and counters that have ended, removed once an hour."""

from __future__ import annotations

from celery import shared_task
from django.db import connection

from compliance.people import codes
from compliance.people.counters import TABLE
from compliance.people.store import SessionStore
from retention.clock import host_now


@shared_task(name="people.tidy")
def tidy() -> None:
    """They are never found again, ended or removed; this only gives the room back."""
    SessionStore.clear_expired()
    codes.clear(now=host_now())
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {TABLE} WHERE expires <= %s", [host_now()])
