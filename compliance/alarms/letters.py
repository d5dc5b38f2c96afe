"""The mails' words: which alarm, since when, what it means, what to do, and where to look.

No figures, no customer, no name: whoever reads it over a shoulder learns that this service has
trouble of that kind, and nothing else. One mail a person, so that nobody sees another's address.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from compliance.alarms.kinds import KINDS
from compliance.alarms.models import AlarmMail
from compliance.mail.server import automatic, host

HEALTH = "/admin/health/"
SUBJECTS = {
    AlarmMail.Event.BEGAN: "Alarm: {}",
    AlarmMail.Event.REMINDER: "Alarm still on: {}",
    AlarmMail.Event.ENDED: "Alarm over: {}",
}


def letter(mail: AlarmMail, connection: Any = None) -> EmailMessage:
    """The mail for this row; written again it is the same, its Message-ID too."""
    kind = KINDS[mail.alarm.kind]
    words = {
        "kind": kind,
        "event": mail.event,
        "began": _moment(mail.alarm.began_at),
        "ended": _moment(mail.alarm.ended_at),
        "page": f"{settings.PUBLIC_URL}{HEALTH}#{kind.code}",
        "public_url": settings.PUBLIC_URL,
    }
    return EmailMessage(
        subject=SUBJECTS[AlarmMail.Event(mail.event)].format(kind.title),
        body=render_to_string("mail/alarm.txt", words),
        to=[mail.recipient.email],
        headers=_headers(mail),
        connection=connection,
    )


def test_letter(address: str) -> EmailMessage:
    """To whoever asks whether mail arrives."""
    body = f"This is a test mail of Sandglass at {settings.PUBLIC_URL}: alarms would reach you.\n"
    return EmailMessage("Test mail of Sandglass", body, to=[address], headers=automatic())


def _headers(mail: AlarmMail) -> dict[str, str]:
    """Stable ids, one thread for each alarm, and no answers from absence assistants."""
    thread = f"<alarm-{mail.alarm_id}@{host()}>"
    return {
        "Message-ID": f"<{mail.pk}@{host()}>",
        "References": thread,
        "In-Reply-To": thread,
        **automatic(),
    }


def _moment(value: datetime | None) -> str:
    if value is None:
        return ""
    value = value.astimezone(UTC)
    return f"{value.day} {value:%b %Y, %H:%M} UTC"
