"""Token buckets: one number for each, the instant at which it is full again.

A request moves that instant on by one interval; it is refused where that would lead further ahead
than the bucket is deep. Kept in Valkey, all processes share a bucket and a request costs one round
trip; kept here, each process has its own.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Protocol

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

MICROSECONDS = 1_000_000
A_MINUTE = 60
# Whoever waits for limits longer than this had better count for himself.
PATIENCE_SECONDS = 0.25
MOST_BUCKETS_HERE = 10_000

# Valkey's own clock: hosts need not agree. A bucket that is full again is forgotten.
SCRIPT = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, depth, cost = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local full_at = tonumber(redis.call('GET', KEYS[1]) or '0')
full_at = math.min(math.max(full_at, now), now + depth)
local after = full_at + cost * interval
if after - now > depth then
    return {0, full_at - now}
end
local lives = math.max(1, math.ceil((after - now) / 1000))
redis.call('SET', KEYS[1], string.format('%.0f', after), 'PX', lives)
return {1, after - now}
"""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests in a minute, of one kind; a bucket holds as many."""

    name: str
    a_minute: int

    @property
    def interval(self) -> int:
        """Microseconds after which one more request is free."""
        return A_MINUTE * MICROSECONDS // self.a_minute

    @property
    def depth(self) -> int:
        """Microseconds after which an empty bucket is full."""
        return self.interval * self.a_minute


@dataclass(frozen=True, slots=True)
class Budget:
    """What a bucket says: granted or not, and how far ahead (microseconds) it is full again."""

    rate: Rate
    granted: bool
    ahead: int

    @property
    def left(self) -> int:
        """How many requests may follow at once."""
        return max(0, (self.rate.depth - self.ahead) // self.rate.interval)

    @property
    def full_in(self) -> int:
        """Seconds after which all of them are free again."""
        return -(-max(0, self.ahead) // MICROSECONDS)

    @property
    def wait(self) -> int:
        """Seconds after which one request is free, at least one."""
        missing = self.ahead + self.rate.interval - self.rate.depth
        return max(1, -(-missing // MICROSECONDS))


class Buckets(Protocol):
    """Where buckets are kept."""

    def take(self, owner: str, rate: Rate, cost: int = 1) -> Budget: ...


class SharedBuckets:
    """In Valkey. Raises `redis.RedisError` where it does not answer at once."""

    def __init__(self, url: str) -> None:
        self._client = redis.Redis.from_url(
            url,
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),
        )
        self._script = self._client.register_script(SCRIPT)

    def take(self, owner: str, rate: Rate, cost: int = 1) -> Budget:
        """One round trip; a cost of -1 gives one back."""
        key = f"sandglass:rate:{rate.name}:{owner}"
        granted, ahead = self._script(keys=[key], args=[rate.interval, rate.depth, cost])
        return Budget(rate, bool(granted), ahead)


class LocalBuckets:
    """In this process alone."""

    def __init__(self) -> None:
        self._full_at: dict[tuple[str, str], int] = {}
        self._lock = threading.Lock()

    def take(self, owner: str, rate: Rate, cost: int = 1) -> Budget:
        """A cost of -1 gives one back."""
        now, place = time.monotonic_ns() // 1000, (rate.name, owner)
        with self._lock:
            if len(self._full_at) > MOST_BUCKETS_HERE:
                self._full_at = {k: at for k, at in self._full_at.items() if at > now}
            full_at = max(now, self._full_at.get(place, 0))
            after = full_at + cost * rate.interval
            if after - now > rate.depth:
                return Budget(rate, False, full_at - now)
            self._full_at[place] = after
        return Budget(rate, True, after - now)
