"""Sends batches over HTTP, as a process of its own: its CPU is not the product's.

`python -m compliance.bench.client PORT TOKEN` reads one JSON object a line and answers each with
one: `prepare` makes the bodies, `go` sends them on several kept-alive connections at once.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
from collections.abc import Sequence
from typing import Any

from compliance.bench import samples
from compliance.bench.together import seconds_of

EXCHANGES = 100


def main(arguments: list[str]) -> None:
    """Serves commands until the input ends."""
    port, token = int(arguments[0]), arguments[1]
    bodies: list[bytes] = []
    for line in sys.stdin:
        command = json.loads(line)
        if "prepare" in command:
            bodies = list(map(_body, command["prepare"], [command["at"]] * len(command["prepare"])))
            _answer({"bytes": sum(map(len, bodies))})
        else:
            _answer(_send(port, token, bodies, command["go"]))


def _answer(facts: dict[str, Any]) -> None:
    print(json.dumps(facts), flush=True)  # noqa: T201


def _body(prefix: str, at: str) -> bytes:
    sent = {"exchanges": list(samples.exchanges(prefix, EXCHANGES, occurred_at=at))}
    return json.dumps(sent).encode()


def _send(port: int, token: str, bodies: Sequence[bytes], connections: int) -> dict[str, Any]:
    """Seconds from the first request to the last answer; answers are read apart afterwards."""
    answers: list[tuple[int, bytes, float]] = []
    shares = [(port, token, bodies[n::connections], answers) for n in range(connections)]
    seconds = seconds_of(_connection, shares)
    return {
        "seconds": seconds,
        "records": sum(_stored(status, body) for status, body, _ in answers),
        "latencies": [latency for *_, latency in answers],
    }


def _connection(
    port: int, token: str, bodies: Sequence[bytes], answers: list[tuple[int, bytes, float]]
) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    for body in bodies:
        started = time.perf_counter()
        connection.request("POST", "/api/v1/exchanges", body, headers)
        response = connection.getresponse()
        answers.append((response.status, response.read(), time.perf_counter() - started))
    connection.close()


def _stored(status: int, body: bytes) -> int:
    """Records that the answer says are committed; anything but all of a batch ends the run."""
    receipt = json.loads(body).get("receipt", {}) if status == 200 else {}
    if receipt.get("stored") != EXCHANGES:
        raise SystemExit(f"{status}: {body[:300]!r}")
    return int(receipt["records"])


if __name__ == "__main__":
    main(sys.argv[1:])
