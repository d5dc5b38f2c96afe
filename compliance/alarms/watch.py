"""The watch: a look and its mails, every minute, in a thread of each web process and in the worker.

A dead worker cannot say that it is dead, so the web server looks too. Who looks first does not
matter: alarms and mails are claimed in PostgreSQL.
"""

from __future__ import annotations

import threading

import structlog
from celery import shared_task
from django.db import connections

from compliance.alarms.look import look
from compliance.alarms.send import send_waiting

EVERY_SECONDS = 60.0
log = structlog.get_logger("compliance.alarms")


def once() -> None:
    """Look and send; sending goes on where looking fails, and the other way round."""
    for part in (look, send_waiting):
        try:
            part()
        except Exception:
            log.exception("alarm_watch_failed")


def start(*, every: float = EVERY_SECONDS) -> threading.Event:
    """Watch in a thread of this process, until the returned event is set or the process ends."""
    ended = threading.Event()
    threading.Thread(target=_watch, args=(ended, every), name="alarms", daemon=True).start()
    return ended


def _watch(ended: threading.Event, every: float) -> None:
    while not ended.wait(every):
        once()
        # Between two looks this thread needs no connection.
        connections.close_all()


@shared_task(name="compliance.alarms")
def watch_from_the_worker() -> None:
    """The same, rung by the scheduler."""
    connections.close_all()
    once()
