"""Alarms begin, last and end; what mends itself alarms nobody; a restart forgets nothing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from compliance.alarms import look
from compliance.alarms.models import Alarm
from compliance.health import checks
from retention import tasks
from tests.compliance.alarms.conftest import Time, seen
from tests.conftest import Live
from tests.retention.expiry.scenes import somebody_else

CODE = "deletion_overdue"


def state() -> list[tuple[bool, bool]]:
    """Of each alarm: raised, ended."""
    return [(bool(a.raised_at), bool(a.ended_at)) for a in Alarm.objects.order_by("began_at")]


@pytest.mark.django_db
def test_it_is_an_alarm_once_it_lasted(time: Time) -> None:
    seen(CODE, now=time.now)
    assert state() == [(False, False)]
    seen(CODE, now=time.passes(minutes=2))
    assert state() == [(False, False)]
    seen(CODE, now=time.passes(minutes=1))
    assert state() == [(True, False)]


@pytest.mark.django_db
def test_what_mends_itself_was_no_alarm(time: Time) -> None:
    seen(CODE, now=time.now)
    seen(now=time.passes(minutes=1))
    assert state() == []


@pytest.mark.django_db
def test_what_can_not_wait_alarms_at_once(time: Time) -> None:
    seen("clock_not_trusted", now=time.now)
    assert state() == [(True, False)]


@pytest.mark.django_db
def test_it_ends_once_it_stayed_away_and_then_since_it_went(time: Time) -> None:
    seen("clock_not_trusted", now=time.now)
    gone = time.passes(minutes=5)
    seen(now=gone)
    seen(now=time.passes(minutes=9))
    assert state() == [(True, False)]
    seen(now=time.passes(minutes=1))
    assert state() == [(True, True)]
    assert Alarm.objects.get().ended_at == gone


@pytest.mark.django_db
def test_what_comes_and_goes_is_one_alarm(time: Time) -> None:
    for _ in range(20):
        seen("clock_not_trusted", now=time.passes(minutes=1))
        seen(now=time.passes(minutes=5))
    assert state() == [(True, False)]


@pytest.mark.django_db
def test_a_second_stretch_is_a_second_alarm(time: Time) -> None:
    seen("clock_not_trusted", now=time.now)
    seen(now=time.passes(minutes=5))
    seen(now=time.passes(minutes=10))
    seen("clock_not_trusted", now=time.passes(minutes=1))
    assert state() == [(True, True), (True, False)]


@pytest.mark.django_db
def test_the_database_takes_only_one_of_a_kind(time: Time) -> None:
    Alarm.objects.create(kind=CODE, began_at=time.now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Alarm.objects.create(id=uuid4(), kind=CODE, began_at=time.now)


@pytest.mark.django_db
def test_an_alarm_that_a_newer_version_does_not_know_ends(time: Time) -> None:
    Alarm.objects.create(kind="of_old", began_at=time.now, raised_at=time.now)
    seen(now=time.now)
    seen(now=time.passes(minutes=10))
    assert state() == [(True, True)]


@pytest.fixture
def well(live: Live, settings: Any) -> None:
    """A service whose worker came by just now."""
    settings.CELERY_BROKER_URL = "memory://"
    settings.DISK_RESERVE_MB = 0
    tasks.tick()


def kinds() -> set[str]:
    return set(Alarm.objects.values_list("kind", flat=True))


def test_a_service_that_is_well_alarms_nobody(well: None) -> None:
    assert look.look()
    assert kinds() == set()


def test_a_worker_that_stays_away_is_seen_by_somebody_else(well: None, time: Time) -> None:
    from retention.expiry.models import TickPart

    TickPart.objects.update(came_at=time.now - timedelta(minutes=11))
    look.look()
    time.passes(minutes=3)
    look.look()
    assert Alarm.objects.get(kind="no_deletion_run").raised_at == time.now


def test_a_day_that_somebody_removed_is_seen(well: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT relid::regclass::text FROM pg_partition_tree('retention_record')"
                       " WHERE isleaf ORDER BY 1 LIMIT 1")  # fmt: skip
        cursor.execute(f"DROP TABLE {cursor.fetchone()[0]}")
    look.look()
    assert kinds() == {"day_missing"}


def test_keys_that_cannot_be_reached_are_seen(well: None, monkeypatch: Any) -> None:
    def gone() -> None:
        raise checks.Unready("gone")

    monkeypatch.setattr(checks, "CHECKS", {**checks.CHECKS, "vault": gone})
    look.look()
    assert kinds() == {"keys_unreachable"}


def test_two_do_not_look_at_once(well: None) -> None:
    with somebody_else(autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(hashtext('compliance alarms look'))")
        assert not look.look()
    assert look.look()
