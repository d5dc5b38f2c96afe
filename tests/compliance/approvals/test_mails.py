"""Everybody who may decide is told, once a day; whoever asked is told of the decision."""

from __future__ import annotations

from datetime import timedelta
from smtplib import SMTPRecipientsRefused, SMTPServerDisconnected
from typing import Any

import pytest
from django.core import mail

from compliance.approvals import send
from compliance.approvals.decide import approve, decline, take_back
from compliance.approvals.deputies import appoint
from compliance.approvals.models import ApprovalMail, ApprovalRequest
from compliance.approvals.plan import mails
from compliance.approvals.tasks import tell
from compliance.people.models import User
from retention.clock import host_now
from tests.compliance.approvals.conftest import NOW, Papers, People, as_actor

DAY = timedelta(days=1)
pytestmark = pytest.mark.django_db


def minute(days: float = 0) -> list[tuple[str, str]]:
    """What went out in a minute so many days after it was asked: to whom, with which subject."""
    mails(now=NOW + days * DAY, host_now=host_now())
    mail.outbox.clear()
    send.send_waiting()
    return sorted((str(told.to[0]).split("@")[0], str(told.subject)) for told in mail.outbox)


def states() -> list[str]:
    return sorted(ApprovalMail.objects.values_list("state", flat=True))


ASKED = "Your approval is asked for: Paper 7"
WAITS = "Still waits for approval: Paper 7"


def test_those_who_may_decide_are_told_once_and_nobody_else(asked: ApprovalRequest) -> None:
    assert minute() == [("ida", ASKED), ("ivan", ASKED)]
    assert minute() == []
    assert minute(0.99) == []


def test_the_mail_says_what_who_and_where(asked: ApprovalRequest) -> None:
    minute()
    told = mail.outbox[0]
    assert "asked by olga@sandglass.example on 22 Nov 2026, 10:00 UTC" in told.body
    assert f"http://localhost:8000/admin/approvals/?request={asked.pk}" in told.body
    assert told.extra_headers["Auto-Submitted"] == "auto-generated"
    assert told.extra_headers["Message-ID"].endswith("@localhost>")


def test_a_reminder_comes_after_a_day_and_then_daily(asked: ApprovalRequest) -> None:
    minute()
    assert minute(1) == [("ida", WAITS), ("ivan", WAITS)]
    assert minute(1.5) == []
    assert minute(2) == [("ida", WAITS), ("ivan", WAITS)]
    assert minute(9) == [("ida", WAITS), ("ivan", WAITS)]
    assert minute(9.5) == []


def test_a_deputy_is_told_when_their_days_begin(asked: ApprovalRequest, people: People) -> None:
    day = NOW.date() + DAY
    appoint(people.ida, people.otto, first_day=day, last_day=day, by=as_actor(people.ida), now=NOW)
    minute()
    assert ("otto", ASKED) in minute(1)
    assert "otto" not in dict(minute(2))


def test_whoever_asked_is_told_of_the_decision_and_the_others_are_left_alone(
    asked: ApprovalRequest, people: People
) -> None:
    minute()
    decline(asked, note="Too early.", by=as_actor(people.ida), now=NOW)
    assert minute(1) == [("olga", "Declined: Paper 7")]
    assert "Too early." in mail.outbox[0].body
    assert minute(2) == []


def test_what_was_not_sent_before_the_decision_is_dropped(
    asked: ApprovalRequest, people: People
) -> None:
    mails(now=NOW, host_now=host_now())
    approve(asked, by=as_actor(people.ida), now=NOW)
    assert minute() == [("olga", "Approved: Paper 7")]
    assert states() == ["dropped", "dropped", "sent"]


def test_what_was_taken_back_is_told_to_nobody(asked: ApprovalRequest, people: People) -> None:
    take_back(asked, by=as_actor(people.olga), now=NOW)
    assert minute(1) == []


def test_the_task_does_both(asked: ApprovalRequest) -> None:
    tell()
    assert len(mail.outbox) == 2


def test_nobody_who_was_switched_off_is_written_to(asked: ApprovalRequest, people: People) -> None:
    mails(now=NOW, host_now=host_now())
    User.objects.filter(pk=people.ida.pk).update(is_active=False)
    assert minute() == [("ivan", ASKED)]


# ---- the mail server


class Server:
    """Answers as it is told."""

    def __init__(self, on_open: Exception | None = None, on_send: Exception | None = None) -> None:
        self.on_open, self.on_send = on_open, on_send

    def open(self) -> None:
        if self.on_open:
            raise self.on_open

    def send_messages(self, _messages: Any) -> None:
        if self.on_send:
            raise self.on_send

    def close(self) -> None:
        pass


@pytest.mark.parametrize(
    ("server", "state"),
    [
        (Server(on_open=OSError()), "waiting"),
        (Server(on_send=SMTPRecipientsRefused({"x": (451, b"")})), "waiting"),
        (Server(on_send=SMTPRecipientsRefused({"x": (550, b"")})), "refused"),
        (Server(on_send=SMTPServerDisconnected()), "unsure"),
        (Server(), "sent"),
    ],
)
def test_what_surely_did_not_go_out_waits_and_nothing_goes_out_twice(
    asked: ApprovalRequest, monkeypatch: pytest.MonkeyPatch, server: Server, state: str
) -> None:
    monkeypatch.setattr(send, "get_connection", lambda: server)
    mails(now=NOW, host_now=host_now())
    send.send_waiting()
    assert states() == [state, state]
    monkeypatch.undo()
    assert minute() == []


def test_what_waits_is_tried_again_later(
    asked: ApprovalRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(send, "get_connection", lambda: Server(on_open=OSError()))
    mails(now=NOW, host_now=host_now())
    send.send_waiting()
    monkeypatch.undo()
    ApprovalMail.objects.update(next_try_at=host_now())
    assert minute() == [("ida", ASKED), ("ivan", ASKED)]


def test_a_mail_whose_process_died_is_not_sent_again_and_the_reminder_comes(
    asked: ApprovalRequest,
) -> None:
    mails(now=NOW, host_now=host_now())
    claimed = send.claim(host_now())
    assert claimed is not None
    ApprovalMail.objects.filter(pk=claimed.pk).update(claimed_at=host_now() - send.LONGEST * 2)
    assert len(minute()) == 1
    assert states() == ["sent", "unsure"]
    assert len(minute(1)) == 2


def test_a_subject_that_is_gone_is_told_by_its_number(
    asked: ApprovalRequest, papers: Papers, monkeypatch: pytest.MonkeyPatch
) -> None:
    from compliance.approvals import registry

    def gone(_subject: str) -> registry.Described:
        raise LookupError

    kind = registry.KINDS["paper"]
    monkeypatch.setitem(
        registry.KINDS,
        "paper",
        registry.Kind(kind.code, kind.label, describe=gone, approve=kind.approve),
    )
    assert minute()[0][1] == ASKED
