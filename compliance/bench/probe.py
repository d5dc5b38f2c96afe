"""An ingest that goes on and on, as a process of its own, and knows its slowest batch.

`python -m compliance.bench.probe CUSTOMER NOW` reads `start` and `stop`, one JSON object a line.
"""

from __future__ import annotations

import itertools
import json
import select
import sys
import time
from datetime import datetime
from uuid import UUID

import django

BATCH = 10
# Of the customers' side too: nobody sends without any pause.
PAUSE = 0.005


def main(arguments: list[str]) -> None:
    """Stores one batch to warm up, then whenever it is told to."""
    django.setup()
    store = Store(UUID(arguments[0]), datetime.fromisoformat(arguments[1]))
    store.batch()
    while sys.stdin.readline():
        print(json.dumps({"started": True}), flush=True)  # noqa: T201
        longest = 0.0
        while not select.select([sys.stdin], [], [], PAUSE)[0]:
            longest = max(longest, store.batch())
        sys.stdin.readline()
        print(json.dumps({"longest": longest}), flush=True)  # noqa: T201


class Store:
    """Small batches into one customer's day."""

    def __init__(self, customer: UUID, now: datetime) -> None:
        self.customer, self.now = customer, now
        self.numbers = itertools.count()

    def batch(self) -> float:
        """Seconds until the next batch is committed."""
        from compliance.bench import samples
        from compliance.intake.exchanges import Refused, read
        from retention.records import ingest

        name, at = f"probe-{next(self.numbers)}", self.now.isoformat()
        sent = samples.exchanges(name, BATCH, occurred_at=at)
        # Returned already, so without snippets: theirs would be due in the next round.
        fit = [read({**item, "delivered_at": at}) for item in sent]
        exchanges = [new for new in fit if not isinstance(new, Refused)]
        started = time.perf_counter()
        outcomes = ingest.store(self.customer, exchanges, now=self.now)
        seconds = time.perf_counter() - started
        if any(outcome.status != "stored" for outcome in outcomes):
            raise SystemExit("not stored")
        return seconds


if __name__ == "__main__":
    main(sys.argv[1:])
