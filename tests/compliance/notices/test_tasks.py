"""The bell: every step, whatever became of the others, and again without harm."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.notices import tasks
from compliance.notices.models import Delivery, Notice
from compliance.project.celery import app
from retention import clock
from retention.ledger.sequence import sign_pending
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene, activation_of


def test_the_scheduler_rings_once_a_minute() -> None:
    lines = app.conf.beat_schedule.values()
    assert {"task": "compliance.notices", "schedule": 60.0, "options": {"expires": 55}} in lines


def test_a_minute_releases_writes_and_sends_and_another_one_changes_nothing(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce(signed=False)
    tasks.run()
    assert not Notice.objects.exists()
    sign_pending(now=clock.now())
    tasks.run()
    tasks.run()
    assert smtp.to == [["legal@acme.example"]]
    assert activation_of(acme) is not None
    scene.passes(days=25)
    tasks.run()
    tasks.run()
    assert len(smtp.to) == 2
    assert str(smtp.mails[1]["Subject"]).startswith("Reminder")


def test_a_step_that_fails_keeps_no_other_from_running(
    scene: Scene, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(**_: Any) -> None:
        raise RuntimeError("here")

    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.write()
    monkeypatch.setattr(tasks.remind, "remind", dies)
    with pytest.raises(RuntimeError):
        tasks.run()
    assert Delivery.objects.get().state == Delivery.State.SENT
    assert len(smtp.mails) == 1


def test_without_a_queue_the_minute_comes_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(**_: Any) -> None:
        raise ConnectionError

    monkeypatch.setattr(tasks.run, "apply_async", refuses)
    tasks.ring()
