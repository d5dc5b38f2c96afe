"""Returned mails as they come: reports are believed, answers are not, and none can be made up."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from compliance.notices import return_path
from compliance.notices.errors import NotOurReturnPath
from compliance.notices.models import Delivery, MailEvent
from compliance.notices.returned import Fate, receive
from retention import clock
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene, activation_of, states

State = Delivery.State
REPORT = """\
Return-Path: <>
Delivered-To: {to}
From: Mail Delivery System <MAILER-DAEMON@mx.acme.example>
To: {to}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
Message-ID: <{id}@mx.acme.example>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=x"

--=x
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.

--=x
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.acme.example
Arrival-Date: Sun, 22 Nov 2026 10:00:00 +0000

Final-Recipient: rfc822; legal@acme.example
Action: {action}
Status: {status}
Last-Attempt-Date: Sun, 22 Nov 2026 10:00:05 +0000
Diagnostic-Code: smtp; 550 5.1.1 no such user

--=x
Content-Type: text/rfc822-headers

Subject: The data retention policy changes

--=x--
"""
ABSENT = """\
Delivered-To: {to}
From: legal@acme.example
To: {to}
Subject: Out of office
Auto-Submitted: auto-replied
Message-ID: <{id}@acme.example>

I am away until Monday. Status: 5.1.1 Action: failed
"""
QMAIL = """\
Delivered-To: {to}
From: MAILER-DAEMON@acme.example
To: {to}
Subject: failure notice
Message-ID: <{id}@acme.example>

Hi. This is the qmail-send program. I'm afraid I wasn't able to deliver your message.
"""


@pytest.fixture
def sent(scene: Scene, smtp: MailServer, settings: Any) -> Delivery:
    settings.EMAIL_RETURN_PATH = "bounces@data.example.com"
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    return Delivery.objects.get()


def mail(text: str, delivery: Delivery, **facts: str) -> bytes:
    to = return_path.of(delivery.pk)
    assert to
    facts = {"action": "failed", "status": "5.1.1", "id": uuid4().hex, "to": to, **facts}
    return text.format(**facts).encode()


def test_the_envelope_of_each_mail_names_its_delivery(sent: Delivery, smtp: MailServer) -> None:
    address = return_path.of(sent.pk)
    assert address
    assert len(address.partition("@")[0]) <= 64
    assert return_path.read(address.upper()) == sent.pk
    assert "bounces" not in str(smtp.mails[0]["From"])


@pytest.mark.parametrize(
    ("action", "status", "kind", "state"),
    [
        ("failed", "5.1.1", "hard_bounce", State.BOUNCED),
        ("failed", "4.4.7", "soft_bounce", State.SENT),
        ("delayed", "4.4.1", "deferred", State.SENT),
        ("delivered", "2.0.0", "delivered", State.DELIVERED),
    ],
)
def test_a_report_says_what_became_of_the_mail(
    sent: Delivery, action: str, status: str, kind: str, state: str
) -> None:
    fate = receive(mail(REPORT, sent, action=action, status=status), now=clock.now())
    assert fate is Fate.HEARD
    [event] = MailEvent.objects.all()
    assert (event.kind, event.source, event.status) == (kind, "dsn", status)
    assert event.happened_at is not None
    assert states()[0][0] == state
    given = activation_of(sent.notice.customer) is not None
    assert given is (state != State.BOUNCED)


def test_the_same_report_again_is_known(sent: Delivery) -> None:
    raw = mail(REPORT, sent)
    assert receive(raw, now=clock.now()) is Fate.HEARD
    assert receive(raw, now=clock.now()) is Fate.KNOWN


@pytest.mark.parametrize("text", [ABSENT, QMAIL])
def test_an_answer_says_nothing_about_the_mail(sent: Delivery, text: str) -> None:
    assert receive(mail(text, sent), now=clock.now()) is Fate.NO_REPORT
    assert not MailEvent.objects.exists()
    assert activation_of(sent.notice.customer) is not None


@pytest.mark.parametrize(
    "forged",
    [
        lambda pk: f"bounces+{pk.hex}-{'0' * 20}@data.example.com",
        lambda pk: f"bounces+{pk.hex}@data.example.com",
        lambda pk: "bounces@data.example.com",
        lambda pk: return_path.of(uuid4()).replace("@", "x@"),
    ],
)
def test_nobody_can_make_up_a_return_path(sent: Delivery, forged: Callable[[Any], str]) -> None:
    with pytest.raises(NotOurReturnPath):
        receive(mail(REPORT, sent, to=forged(sent.pk)), now=clock.now())
    assert activation_of(sent.notice.customer) is not None


def test_a_return_path_of_no_delivery_of_ours_is_refused(sent: Delivery) -> None:
    elsewhere = return_path.of(uuid4())
    with pytest.raises(NotOurReturnPath):
        receive(mail(REPORT, sent, to=str(elsewhere)), now=clock.now())


def test_the_command_takes_it_from_its_standard_input(
    sent: Delivery, monkeypatch: pytest.MonkeyPatch
) -> None:
    def given(raw: bytes) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))

    given(mail(REPORT, sent))
    out = io.StringIO()
    call_command("receive_mail", stdout=out)
    assert out.getvalue() == "Written down.\n"
    given(mail(REPORT, sent, to="nobody@data.example.com"))
    call_command("receive_mail", "--recipient", str(return_path.of(sent.pk)), stdout=out)
    given(mail(REPORT, sent, to="nobody@data.example.com"))
    with pytest.raises(CommandError) as refused:
        call_command("receive_mail")
    assert refused.value.returncode == 67


@pytest.mark.parametrize(
    "raw", [b"", b"\xff\xfe\x00", b"To: a\n\n", b"Content-Type: message/delivery-status\n\n\n"]
)
def test_what_is_no_mail_is_no_bounce(sent: Delivery, raw: bytes) -> None:
    with pytest.raises(NotOurReturnPath):
        receive(raw, now=clock.now())
    own = str(return_path.of(sent.pk))
    assert receive(raw, recipient=own, now=clock.now()) is Fate.NO_REPORT
