"""How often one key may ask, and what an answer says about it.

Valkey counts for all processes. Where it does not answer, each process counts for itself for a
while: then a key may do more than is written, never less, and nothing is refused for that reason.
"""

from __future__ import annotations

import time
from functools import cache
from urllib.parse import unquote, urlsplit

import redis
import structlog
from django.conf import settings

from compliance.api.buckets import Budget, LocalBuckets, Rate, SharedBuckets
from compliance.api.errors import RateLimited

# After Valkey did not answer, nobody waits for it again for so long.
PAUSE_SECONDS = 5.0
REFUSALS = {"lookup": "Too many look-ups of own ids without their day: name the day."}
log = structlog.get_logger("compliance.api")


def rate(name: str) -> Rate | None:
    """The limit of this name: `ingest`, `read` or `lookup`; None where there is none."""
    most = settings.RATES_PER_MINUTE[name]
    return Rate(name, most) if most else None


def take(owner: str, name: str) -> Budget | None:
    """Count one request of this key; raises `RateLimited`. None: there is no such limit."""
    limit = rate(name)
    if limit is None:
        return None
    budget = _counter().take(owner, limit)
    if not budget.granted:
        told = headers(budget) | {"Retry-After": str(budget.wait)}
        raise RateLimited(REFUSALS.get(name, ""), headers=told)
    return budget


def give_back(owner: str, name: str) -> None:
    """What was counted beforehand turned out not to be needed."""
    if limit := rate(name):
        _counter().take(owner, limit, -1)


def headers(budget: Budget) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers has them."""
    limit = budget.rate
    return {
        "RateLimit-Policy": f'"{limit.name}";q={limit.a_minute};w=60',
        "RateLimit": f'"{limit.name}";r={budget.left};t={budget.full_in}',
    }


class Counter:
    """Shared buckets where there are any and they answer, otherwise those of this process."""

    def __init__(self, shared: SharedBuckets | None) -> None:
        self._shared, self._local = shared, LocalBuckets()
        self._not_before = 0.0

    def take(self, owner: str, limit: Rate, cost: int = 1) -> Budget:
        """Never raises for Valkey's sake."""
        if self._shared is not None and time.monotonic() >= self._not_before:
            try:
                return self._shared.take(owner, limit, cost)
            except redis.RedisError:
                self._not_before = time.monotonic() + PAUSE_SECONDS
                log.warning("limits are local")
        return self._local.take(owner, limit, cost)


def _counter() -> Counter:
    return _counter_for(settings.CELERY_BROKER_URL)


@cache
def _counter_for(broker: str) -> Counter:
    url = shared_url(broker)
    return Counter(SharedBuckets(url) if url else None)


def shared_url(broker: str) -> str | None:
    """The broker's address as redis-py writes it; None where the broker is no Valkey."""
    scheme = urlsplit(broker).scheme
    if scheme == "redis+socket":
        return f"unix://{unquote(urlsplit(broker).path)}"
    return broker if scheme in ("redis", "rediss") else None
