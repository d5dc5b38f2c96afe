"""The watch goes on by itself, in every process, whatever fails in it."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest
from django.conf import settings as project

from compliance.alarms import watch
from compliance.project.celery import app


def test_it_looks_again_and_again_in_a_thread_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    rounds: list[str] = []
    enough = threading.Event()

    def look() -> bool:
        rounds.append(threading.current_thread().name)
        if len(rounds) > 2:
            enough.set()
        raise RuntimeError("no")

    monkeypatch.setattr(watch, "look", look)
    monkeypatch.setattr(watch, "send_waiting", lambda: 0)
    ended = watch.start(every=0.001)
    assert enough.wait(30)
    ended.set()
    assert set(rounds) == {"alarms"}


@pytest.mark.parametrize("broken", ["look", "send_waiting"])
def test_what_waits_is_sent_where_looking_fails_and_the_other_way_round(
    monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    called: list[str] = []

    def part(name: str) -> Callable[[], int]:
        def run() -> int:
            called.append(name)
            if name == broken:
                raise RuntimeError("no")
            return 0

        return run

    for name in ("look", "send_waiting"):
        monkeypatch.setattr(watch, name, part(name))
    watch.once()
    assert called == ["look", "send_waiting"]


def test_the_scheduler_rings_it_every_minute() -> None:
    entry = project.CELERY_BEAT_SCHEDULE["alarms"]
    assert entry["schedule"] == 60
    app.loader.import_default_modules()
    assert entry["task"] in app.tasks


def test_each_web_process_watches() -> None:
    from compliance.devup import web

    assert callable(web.post_worker_init)
