"""Work that must not be seen in how long an answer takes: mail, and who gets one.

A thread of the web process does it, after a short random while, so neither the answer nor the next
one tells whether there was anything to do. It may be lost when the process ends: whoever waits for
a mail in vain asks again.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog
from django.conf import settings
from django.db import connections

LONGEST_WAIT_MS = 800
# Beyond that somebody is playing with us: the rest is dropped, for known and unknown alike.
MOST_WAITING = 200
log = structlog.get_logger("compliance.people")
_room = threading.BoundedSemaphore(MOST_WAITING)
_pool = ThreadPoolExecutor(max_workers=4, thread_name_prefix="later")


def later(job: Callable[[], None]) -> None:
    """Do it after a while, on another thread (tests: at once)."""
    if not settings.MAIL_LATER:
        job()
    elif _room.acquire(blocking=False):
        _pool.submit(_run, job)
    else:
        log.warning("mail_dropped")


def _run(job: Callable[[], None]) -> None:
    try:
        time.sleep(secrets.randbelow(LONGEST_WAIT_MS) / 1000)
        job()
    except Exception as error:
        # A mail server that is away is no reason for the page to fail.
        log.warning("mail_not_sent", exc_info=error)
    finally:
        connections.close_all()
        _room.release()
