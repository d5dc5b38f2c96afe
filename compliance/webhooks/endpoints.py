"""Endpoints: added and ended, each time with an entry in the log. The secret is shown once."""

from __future__ import annotations

import base64
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.crypto import salted_hmac

from compliance.customers.models import Customer
from compliance.webhooks.addresses import parts
from compliance.webhooks.errors import BadEndpoint, StaleEndpoint
from compliance.webhooks.models import LONGEST, Endpoint
from retention.actor import Actor
from retention.ledger.append import append


def add_endpoint(customer: Customer, *, url: str, by: Actor, now: datetime) -> tuple[Endpoint, str]:
    """An endpoint and its secret, which is not shown again.

    Raises `BadEndpoint`, also for one that the customer has already.
    """
    parts(url)
    if len(url) > LONGEST:
        raise BadEndpoint
    try:
        with transaction.atomic():
            endpoint = Endpoint.objects.create(customer=customer, url=url, created_at=now)
            _note("webhook:endpoint:added", endpoint, by, now)
    except IntegrityError:
        raise BadEndpoint("The customer has this webhook already.") from None
    return endpoint, secret(endpoint)


def end_endpoint(endpoint: Endpoint, *, by: Actor, now: datetime) -> None:
    """Post nothing more there. Raises `StaleEndpoint` if somebody ended it before."""
    with transaction.atomic():
        if Endpoint.objects.filter(pk=endpoint.pk, ended_at=None).update(ended_at=now) != 1:
            raise StaleEndpoint
        _note("webhook:endpoint:ended", endpoint, by, now)
    endpoint.ended_at = now


def secret(endpoint: Endpoint) -> str:
    """What both sides sign with. It follows from SECRET_KEY and lies in no database or backup."""
    made = salted_hmac("compliance.webhooks", str(endpoint.pk), algorithm="sha256").digest()
    return f"whsec_{base64.b64encode(made).decode()}"


def _note(kind: str, endpoint: Endpoint, by: Actor, now: datetime) -> None:
    facts = {"endpoint": endpoint.pk, "actor": by.kind, "actor_id": by.id}
    append(kind, now=now, customer=endpoint.customer_id, facts=facts)
