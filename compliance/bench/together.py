"""Threads that start together: what they take, from the first start to the last end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Any


def seconds_of(work: Callable[..., object], arguments: Iterable[tuple[Any, ...]]) -> float:
    """How long `work` takes with all of these arguments at once, each in a thread of its own."""
    threads = [threading.Thread(target=work, args=own) for own in arguments]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return time.perf_counter() - started
