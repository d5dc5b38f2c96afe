"""A real mail server, which takes, refuses or loses mails as a test tells it."""

from __future__ import annotations

import asyncio
import email
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from email.policy import default
from typing import Any

from aiosmtpd.controller import Controller


class MailServer:
    """What arrived, and what it says to the next ones: `says` by stage, None to take it."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.to: list[list[str]] = []
        self.says: dict[str, str] = {}
        self.hangs_up = False
        self.arrived = threading.Event()
        self.go_on = threading.Event()
        self.go_on.set()

    async def handle_MAIL(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """The sender, taken or refused."""
        if "mail" in self.says:
            return self.says["mail"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """The recipient, taken or refused."""
        if "rcpt" in self.says:
            return self.says["rcpt"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """The mail itself; may hang up after it was taken and before it says so."""
        if "data" in self.says:
            return self.says["data"]
        self.mails.append(email.message_from_bytes(envelope.content, policy=default))  # type: ignore[arg-type]
        self.to.append(list(envelope.rcpt_tos))
        self.arrived.set()
        while not self.go_on.is_set():
            await asyncio.sleep(0.01)
        if self.hangs_up:
            server.transport.abort()
        return "250 OK"

    def subjects(self) -> list[str]:
        """What arrived, in order."""
        return [str(mail["Subject"]) for mail in self.mails]


@contextmanager
def mail_server() -> Iterator[tuple[MailServer, int]]:
    """The server and its port."""
    server = MailServer()
    port = _free_port()
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield server, port
    finally:
        server.go_on.set()
        controller.stop()


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as asked:
        return int(asked.getsockname()[1])
