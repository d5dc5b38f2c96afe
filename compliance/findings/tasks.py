"""The minute of findings: flags counted up, the rest looked for, letters sent; each by itself."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.db import close_old_connections

from compliance.findings.count import count_up
from compliance.findings.send import send_waiting
from compliance.findings.watch import watch
from retention import clock

log = structlog.get_logger("compliance.findings")


@shared_task(name="compliance.findings")
def minute() -> None:
    """Rung by the scheduler; what was missed is found in the database."""
    close_old_connections()
    try:
        count_up(now=clock.now())
    except Exception:
        log.exception("findings_not_counted")
        raise
    finally:
        try:
            watch(now=clock.now())
        finally:
            send_waiting()
