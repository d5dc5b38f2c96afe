"""Once a minute: who is to be told about approvals, and telling them."""

from __future__ import annotations

from celery import shared_task

from compliance.approvals import plan
from compliance.approvals.send import send_waiting
from retention import clock


@shared_task(name="compliance.approvals")
def tell() -> None:
    """Found in PostgreSQL, so a minute that was missed is made up for by the next."""
    plan.mails(now=clock.now(), host_now=clock.host_now())
    send_waiting()
