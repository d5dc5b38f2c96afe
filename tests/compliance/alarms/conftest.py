"""Officers, a mail server, and time that a test moves."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from compliance.alarms import plan
from compliance.alarms.look import settle
from compliance.people.models import User
from compliance.people.roles import StaffRole, give
from retention import clock
from tests.compliance.alarms.mailserver import MailServer, mail_server

START = datetime(2026, 11, 22, 10, tzinfo=UTC)


class Time:
    """The host's time, standing until it is moved."""

    def __init__(self) -> None:
        self.now = START

    def passes(self, **length: float) -> datetime:
        """So much later."""
        self.now += timedelta(**length)
        return self.now


@pytest.fixture
def time(monkeypatch: pytest.MonkeyPatch) -> Time:
    standing = Time()
    monkeypatch.setattr(clock, "host_now", lambda: standing.now)
    return standing


@pytest.fixture
def smtp(settings: Any) -> Iterator[MailServer]:
    """A mail server, and settings that name it."""
    with mail_server() as (server, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_TIMEOUT = 5
        yield server


def officer(name: str = "olga") -> User:
    user = User.objects.create_user(f"{name}@sandglass.example")
    give(user, StaffRole.OFFICER)
    return user


def seen(*codes: str, now: datetime) -> None:
    """A look that found these, with the mails that it plans."""
    with transaction.atomic():
        plan.mails(settle(codes, now), now=now)
