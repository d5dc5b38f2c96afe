"""The API as a product's backend sees it, at noon of 22 November 2026."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import time_machine
from django.test import Client

from retention.expiry import partitions
from tests.cast import Cast

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
JSON = "application/json"
EXCHANGES = "/api/v1/exchanges"
DELETIONS = "/api/v1/deletions"


@dataclass
class Answer:
    """Status, headers and parsed body."""

    status: int
    headers: dict[str, str]
    body: Any
    raw: bytes

    @property
    def code(self) -> str | None:
        """The stable code of a problem."""
        return self.body.get("code") if isinstance(self.body, dict) else None


@dataclass
class Api:
    """Sends requests as they come over the wire: what a view raises is answered, never raised."""

    client: Client = field(default_factory=lambda: Client(raise_request_exception=False))

    def post(self, path: str, body: Any = b"", *, key: str = "", **headers: str) -> Answer:
        """POST: bytes go as they are, anything else as JSON."""
        sent = body if isinstance(body, bytes) else orjson.dumps(body)
        headers = {"content_type": JSON} | _bearer(key) | headers
        return _answer(self.client.post(path, sent, **headers))

    def get(self, path: str, *, key: str = "", **parameters: str) -> Answer:
        """GET with query parameters."""
        return _answer(self.client.get(path, parameters, **_bearer(key)))

    def send(self, *items: Any, key: str) -> Answer:
        """POST these exchanges."""
        return self.post(EXCHANGES, {"exchanges": items}, key=key)


def _bearer(key: str) -> dict[str, str]:
    return {"HTTP_AUTHORIZATION": f"Bearer {key}"} if key else {}


def _answer(response: Any) -> Answer:
    kind = response.headers.get("Content-Type", "")
    body = orjson.loads(response.content) if "json" in kind and response.content else None
    return Answer(response.status_code, dict(response.headers), body, response.content)


@pytest.fixture
def api(cast: Cast) -> Iterator[Api]:
    """The API with the cast's stores behind it and a partition for every day around noon."""
    with time_machine.travel(NOON, tick=False):
        partitions.ensure(NOON.date())
        yield Api()
