"""The bell of notices. Each step may run at any time, in any number, and finds its work itself."""

from __future__ import annotations

from collections.abc import Callable

import structlog
from celery import shared_task
from django.db import close_old_connections

from compliance.notices import posts, remind, schedule, send
from retention import clock
from retention.expiry import guard

log = structlog.get_logger("compliance.notices")


@shared_task(name="compliance.notices")
def run() -> None:
    """Release, write, remind, send. Shorter than a minute; what is left, the next one finds.

    A step that fails keeps no other from running; the first failure is raised at the end. While
    the host's clock is suspect nobody is told anything: days of notice are counted from it.
    """
    close_old_connections()
    guard.check()
    failures = [failure for step in STEPS if (failure := _attempt(step))]
    if failures:
        raise failures[0]


def ring() -> None:
    """Do it now rather than within the minute; without a queue the minute comes all the same."""
    try:
        run.apply_async(expires=55, retry=False)
    except Exception as error:
        log.error("notices_not_rung", exc_info=error)


def _attempt(step: Callable[[], object]) -> Exception | None:
    try:
        step()
    except Exception as error:
        log.exception("notices_failed", step=step.__name__)
        return error
    return None


def release() -> None:
    """What is signed may go out."""
    schedule.release(now=clock.now())


def write() -> None:
    """Every customer its notice, and contacts that came later their mail."""
    schedule.write_all(now=clock.now())
    schedule.plan_missing()


def remind_all() -> None:
    """Seven days before."""
    remind.remind(today=clock.today())


def mail() -> None:
    """What waits and is due."""
    send.send_waiting()


def post() -> None:
    """The same, to webhooks."""
    posts.post_waiting()


STEPS = (release, write, remind_all, mail, post)
