"""Lists of customers that nobody came back to, removed once an hour: they name people."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task

from compliance.arrival.models import Upload
from retention.clock import host_now

KEPT_FOR = timedelta(days=7)


@shared_task(name="arrival.tidy")
def tidy() -> None:
    """Taken in or not: the customers are in their tables, and the file is with whoever sent it."""
    Upload.objects.filter(made_at__lt=host_now() - KEPT_FOR).delete()
