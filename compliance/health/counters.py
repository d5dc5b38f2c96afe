"""What only a process knows (answers, their times, key-cache hits), summed over all processes.

Each process writes its counts into a small file of its own under `<state>/metrics`, as the
Prometheus library does it, and whichever process is asked adds them up. The engine counts in plain
integers; they are carried over at the end of each request. Without METRICS_TOKEN nothing is counted
and no file is made. The web server forgets older files when it starts (`devup/web.py`).
"""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse

from retention.vault import keys

SURFACES = frozenset({"api", "admin", "accounts", "v1"})
BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 5.0, 10.0)
_carrying = threading.Lock()


def folder() -> Path:
    """Where the processes of this state leave their counts."""
    return Path(settings.STATE_DIR) / "metrics"


@cache
def meters() -> Any:
    """The counters of this process, made at first use: the library looks for its folder then."""
    folder().mkdir(mode=0o700, parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(folder())
    from prometheus_client import Counter, Histogram

    return SimpleNamespace(
        requests=Counter(
            "sandglass_requests", "Answers given.", ["surface", "status"], registry=None
        ),
        seconds=Histogram(
            "sandglass_request_seconds",
            "How long answers took.",
            ["surface"],
            buckets=BUCKETS,
            registry=None,
        ),
        hits=Counter("sandglass_key_cache_hits", "Encryption keys found in memory.", registry=None),
        misses=Counter(
            "sandglass_key_cache_misses", "Encryption keys read from the vault.", registry=None
        ),
    )


class CountRequests:
    """Counts every answer by surface and kind of status, with its time."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        place = surface(request)
        meter = meters()
        meter.requests.labels(place, f"{response.status_code // 100}xx").inc()
        meter.seconds.labels(place).observe(time.perf_counter() - started)
        carry_over()
        return response


def surface(request: HttpRequest) -> str:
    """The first word of the address if it is one of ours: a client may ask for any other."""
    first = request.path.lstrip("/").partition("/")[0]
    return first if first in SURFACES else "other"


def carry_over() -> None:
    """Add what the engine counted since the last time."""
    with _carrying:
        for name in ("hits", "misses"):
            done = _carried.get(name, 0)
            counted = getattr(keys.cache, name)
            if counted > done:
                getattr(meters(), name).inc(counted - done)
            _carried[name] = counted


_carried: dict[str, int] = {}
