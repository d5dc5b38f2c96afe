"""A task and libraries that say far too much: loaded into a real worker by the log tests."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
import warnings
from typing import Any

from celery import shared_task
from celery.signals import task_failure, worker_ready
from celery.utils.log import get_task_logger

from tests.compliance.project.marks import mark

LOUD = [
    *("django.request", "django.db.backends", "django.security.DisallowedHost", "django.server"),
    *("celery.app.trace", "celery.task", "celery.worker", "celery.redirected", "kombu", "amqp"),
    *("gunicorn.error", "gunicorn.access", "psycopg.pool", "py.warnings", "asyncio", "allauth"),
]


@shared_task(name="tests.fails")
def fails(secret: str) -> None:
    get_task_logger("tests").error("said by a task: %s", mark("tasklog"))
    raise ValueError(mark("exception"), secret)


@worker_ready.connect
def talk(**_: Any) -> None:
    for name in LOUD:
        _say_everything(logging.getLogger(name))
    warnings.warn(mark("warning"), RuntimeWarning, stacklevel=1)
    thread = threading.Thread(target=_die)
    thread.start()
    thread.join()
    fails.delay(mark("argument"))


@task_failure.connect
def leave(**_: Any) -> None:
    threading.Timer(0.5, os.kill, [os.getpid(), signal.SIGTERM]).start()


def _say_everything(log: logging.Logger) -> None:
    log.setLevel(logging.DEBUG)
    for level in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR):
        log.log(level, "%s", mark("argument"), extra={"more": mark("extra")})
        log.log(level, mark("text"))
        log.log(level, "%d", mark("badargument"))
    with contextlib.suppress(KeyError):
        try:
            raise KeyError(mark("exception"))
        except KeyError as error:
            log.exception(error)
            log.warning("with a stack", stack_info=True, exc_info=True)
            raise


def _die() -> None:
    local = mark("local")
    raise RuntimeError(mark("thread") + local)
