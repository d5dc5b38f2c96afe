"""The cache behind the rate limits (`CACHES`): shared by all processes, with and without Valkey.

While Valkey is away the counters are kept in PostgreSQL: slower, and as strict. Nothing is ever
unlimited because a server is down. What was counted on the other side is forgotten for that time,
so at worst somebody gets their tries twice.
"""

from __future__ import annotations

import time
from typing import Any

import orjson
import redis
import structlog
from django.core.cache.backends.base import BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.redis import RedisCache

TABLE = "compliance_counter"
SECONDS_TO_WAIT = 1.0
# After a failure Valkey is left alone for so long: every request would wait for it otherwise.
PAUSE_SECONDS = 10.0
SCHEMES = {"redis": "redis", "rediss": "rediss", "redis+socket": "unix", "unix": "unix"}
log = structlog.get_logger("compliance.people")


def valkey_address(broker: str) -> str | None:
    """The broker as the client library spells it; None when it is no Valkey."""
    scheme, _, rest = broker.partition("://")
    return f"{SCHEMES[scheme]}://{rest}" if scheme in SCHEMES else None


class Json:
    """Values as JSON: who can write to Valkey must not be able to make us run anything."""

    def dumps(self, value: Any) -> bytes:
        """As bytes."""
        return orjson.dumps(value)

    def loads(self, data: bytes) -> Any:
        """And back."""
        return orjson.loads(data)


class _Valkey(RedisCache):
    def clear(self) -> None:
        """Ours only: jobs lie in the same place."""
        client = self._cache.get_client(None, write=True)
        for key in client.scan_iter(match=f"{self.key_prefix}:*"):
            client.delete(key)


class Counters(BaseCache):
    """Valkey first, PostgreSQL when it does not answer. `location` is the broker's address."""

    def __init__(self, location: str, params: dict[str, Any]) -> None:
        super().__init__(params)
        self._valkey = _valkey(valkey_address(location), params)
        self._table = DatabaseCache(TABLE, params)
        self._pause_until = 0.0

    def _ask(self, verb: str, *args: Any, **kwargs: Any) -> Any:
        if self._valkey is not None and time.monotonic() >= self._pause_until:
            try:
                return getattr(self._valkey, verb)(*args, **kwargs)
            except redis.RedisError as error:
                self._pause_until = time.monotonic() + PAUSE_SECONDS
                log.warning("rate_limits_without_valkey", exc_info=error)
        return getattr(self._table, verb)(*args, **kwargs)

    def add(self, *args: Any, **kwargs: Any) -> Any:
        """Set what is not set yet."""
        return self._ask("add", *args, **kwargs)

    def get(self, *args: Any, **kwargs: Any) -> Any:
        """The value, or the default."""
        return self._ask("get", *args, **kwargs)

    def set(self, *args: Any, **kwargs: Any) -> Any:
        """Set it."""
        return self._ask("set", *args, **kwargs)

    def touch(self, *args: Any, **kwargs: Any) -> Any:
        """Let it live longer."""
        return self._ask("touch", *args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        """Forget it."""
        return self._ask("delete", *args, **kwargs)

    def clear(self) -> Any:
        """Forget all."""
        return self._ask("clear")


def _valkey(address: str | None, params: dict[str, Any]) -> _Valkey | None:
    if address is None:
        return None
    options = {
        "serializer": Json(),
        "socket_timeout": SECONDS_TO_WAIT,
        "socket_connect_timeout": SECONDS_TO_WAIT,
    }
    return _Valkey(address, {**params, "OPTIONS": options})
