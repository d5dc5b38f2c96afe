"""Notices posted to a customer's webhooks. They never count as given: no person has read them.

A post may come twice (its `webhook-id` says so), so one that died half-way is tried again.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from http.client import HTTPException
from uuid import UUID

import orjson
import structlog
from django.db import transaction

from compliance.customers.models import Customer
from compliance.notices.letters import shown
from compliance.notices.models import Delivery
from compliance.notices.words import page_of
from compliance.webhooks import endpoints, send
from compliance.webhooks.errors import BadEndpoint, NotPublic
from compliance.webhooks.models import Endpoint
from retention import clock

# After a failure; then the last one again until the tries are used up: about two days.
PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 300, 600)]
MOST_TRIES = 9
# Longer than one post can take.
LONGEST = timedelta(minutes=5)
GONE = 410
AHEAD = 100
State, Channel = Delivery.State, Delivery.Channel
log = structlog.get_logger("compliance.notices")


def post_waiting(*, seconds: float = 8.0) -> int:
    """Post what is due, for so long at most; returns how many were taken."""
    taken, end = 0, time.monotonic() + seconds
    _try_lost_ones_again(clock.host_now())
    for delivery in _next_ids(clock.host_now()):
        if time.monotonic() >= end:
            break
        if claimed := claim(delivery, clock.host_now()):
            taken += _post(claimed)
    return taken


def _next_ids(now: datetime) -> list[UUID]:
    due = Delivery.objects.filter(
        channel=Channel.WEBHOOK, state=State.WAITING, next_try_at__lte=now
    )
    return list(due.order_by("next_try_at", "id").values_list("pk", flat=True)[:AHEAD])


@transaction.atomic
def claim(delivery: UUID, now: datetime) -> Delivery | None:
    """Take it for this try."""
    waiting = Delivery.objects.filter(pk=delivery, state=State.WAITING, notice__closed_at=None)
    waiting = waiting.exclude(notice__customer__state=Customer.State.ERASED)
    found = (
        waiting.select_for_update(of=("self",), skip_locked=True)
        .select_related("notice__announcement__version", "notice__activation")
        .first()
    )
    if found is None:
        return None
    found.state, found.claimed_at, found.attempts = State.SENDING, now, found.attempts + 1
    found.save(update_fields=["state", "claimed_at", "attempts"])
    return found


def _try_lost_ones_again(now: datetime) -> None:
    lost = Delivery.objects.filter(
        channel=Channel.WEBHOOK, state=State.SENDING, claimed_at__lt=now - LONGEST
    )
    lost.update(state=State.WAITING, trouble="process_died", next_try_at=now)


def _post(delivery: Delivery) -> bool:
    endpoint = Endpoint.objects.filter(
        customer=delivery.notice.customer_id, url=delivery.address, ended_at=None
    ).first()
    if endpoint is None:
        _settle(delivery, state=State.DROPPED, trouble="endpoint_ended")
        return False
    try:
        status = send.post(
            endpoint.url,
            body(delivery),
            secret=endpoints.secret(endpoint),
            message=str(delivery.pk),
            now=clock.host_now(),
        )
    except (NotPublic, BadEndpoint) as error:
        return _failed(delivery, error.code)
    except (OSError, HTTPException) as error:
        log.error("webhook_failed", exc_info=error)
        return _failed(delivery, "no_connection")
    if 200 <= status < 300:
        now = clock.now()
        _settle(delivery, state=State.DELIVERED, sent_at=now, settled_at=now, trouble="")
        return True
    return _failed(delivery, f"answered_{status}", final=status == GONE)


def _failed(delivery: Delivery, trouble: str, *, final: bool = False) -> bool:
    if final or delivery.attempts >= MOST_TRIES:
        _settle(delivery, state=State.REFUSED, settled_at=clock.now(), trouble=trouble)
    else:
        pause = PAUSES[min(delivery.attempts, len(PAUSES)) - 1]
        later = clock.host_now() + pause
        _settle(delivery, state=State.WAITING, next_try_at=later, trouble=trouble)
    return False


def _settle(delivery: Delivery, **fields: object) -> None:
    Delivery.objects.filter(pk=delivery.pk, state=State.SENDING).update(**fields)


def body(delivery: Delivery) -> str:
    """What is posted: the notice as the customer's page shows it, without HTML."""
    notice, made = delivery.notice, delivery.notice.announcement
    binding = notice.activation
    kind = "notice.withdrawn" if made.takes_effect_on is None else "notice.published"
    words = shown(notice)
    data = {
        "notice": notice.pk,
        "version": made.version.number,
        "subject": words.subject,
        "text": words.text,
        "effective_on": binding.effective_on if binding else notice.stated_on,
        "answers_to": made.reply_to,
        "page": page_of(notice.pk),
    }
    posted = {"type": kind, "timestamp": notice.published_at, "data": data}
    return orjson.dumps(posted, option=orjson.OPT_UTC_Z).decode()
