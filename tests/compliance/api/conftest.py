"""The API as a product's backend sees it, at noon of 22 November 2026."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
import time_machine
from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
from django.core.wsgi import get_wsgi_application
from django.test import Client

from compliance.customers.keys import issue_key
from retention import clock
from retention.actor import SYSTEM
from retention.expiry import partitions
from tests.cast import Cast, make_company
from tests.conftest import Live

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
        return _answer(self.client.generic("POST", path, sent, **headers))

    def get(self, path: str, *, key: str = "", **parameters: str) -> Answer:
        """GET with query parameters."""
        return _answer(self.client.get(path, parameters, **_bearer(key)))

    def delete(self, path: str, *, key: str = "") -> Answer:
        """DELETE."""
        return _answer(self.client.delete(path, **_bearer(key)))

    def send(self, *items: Any, key: str) -> Answer:
        """POST these exchanges."""
        return self.post(EXCHANGES, {"exchanges": items}, key=key)


@dataclass(frozen=True)
class Served:
    """The API on a port of this machine, and the keys of a customer that came just now."""

    address: str
    ingest: str
    read: str
    both: str


@pytest.fixture
def served(live: Live, settings: Any) -> Iterator[Served]:
    """A server with threads, as programs of somebody else's see it."""
    server = ThreadedWSGIServer(("127.0.0.1", 0), QuietHandler)
    server.set_app(get_wsgi_application())
    settings.PUBLIC_URL = f"http://localhost:{server.server_port}"
    company = make_company("Acme", now=clock.now())
    scopes = {"ingest", "read"}
    _, both = issue_key(company.customer, scopes, label="both", by=SYSTEM, now=clock.now())
    partitions.ensure(clock.today())
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Served(settings.PUBLIC_URL, company.ingest, company.read, both)
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class QuietHandler(WSGIRequestHandler):
    """Says nothing on standard error."""

    def log_message(self, *_: object) -> None:
        """Requests of a test are no news."""


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
