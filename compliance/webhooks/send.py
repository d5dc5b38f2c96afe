"""One signed post to one endpoint (Standard Webhooks): TLS checked, no redirect followed.

Whoever receives it may get it twice and tells by `webhook-id`: that is what the standard says.
"""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Sequence
from contextlib import closing
from datetime import datetime
from typing import Any

import standardwebhooks

from compliance.webhooks.addresses import parts, resolve

TIMEOUT = 10.0
# Whatever it says in its body is of no interest; reading it ends the answer politely.
MOST_OF_AN_ANSWER = 4096


class Judged(http.client.HTTPSConnection):
    """A connection to addresses that were looked up and judged before; TLS is for the name."""

    def __init__(self, host: str, port: int, addresses: Sequence[str]) -> None:
        self.context = ssl.create_default_context()
        super().__init__(host, port, timeout=TIMEOUT, context=self.context)
        self.addresses = addresses

    def connect(self) -> None:
        """To the first of them that answers."""
        self.sock = self.context.wrap_socket(self._reach(), server_hostname=self.host)

    def _reach(self) -> socket.socket:
        failed: OSError = OSError()
        for address in self.addresses:
            try:
                return socket.create_connection((address, self.port), TIMEOUT)
            except OSError as error:
                failed = error
        raise failed


def post(url: str, body: str, *, secret: str, message: str, now: datetime) -> int:
    """The status with which the endpoint answered.

    Raises `NotPublic` and `BadEndpoint`, or `OSError` and `HTTPException` where nothing answers.
    """
    host, port, path = parts(url)
    with closing(Judged(host, port, resolve(host, port))) as connection:
        connection.request("POST", path, body.encode(), headers(body, secret, message, now))
        answer = connection.getresponse()
        answer.read(MOST_OF_AN_ANSWER)
        return answer.status


def headers(body: str, secret: str, message: str, now: datetime) -> dict[str, Any]:
    """As the standard names them; the signature covers id, time and body."""
    return {
        "Content-Type": "application/json",
        "User-Agent": "Sandglass",
        "webhook-id": message,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": standardwebhooks.Webhook(secret).sign(message, now, body),
    }
