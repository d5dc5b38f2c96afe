"""Real mails to a real server: each once, whatever the server or the process does meanwhile."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from typing import Any

import pytest
from django.db import connections

from compliance.alarms import send
from compliance.alarms.models import Alarm, AlarmMail
from compliance.people.models import User
from tests.compliance.alarms.conftest import Time, officer, seen
from tests.compliance.alarms.mailserver import MailServer
from tests.conftest import Live
from tests.retention.expiry.threads import at_once

CODE = "clock_not_trusted"
SUBJECT = "Alarm: The host's clock is not trusted"
State = AlarmMail.State


@pytest.fixture
def olga(live: Live) -> User:
    return officer("olga")


def states() -> list[tuple[str, str, int]]:
    mails = AlarmMail.objects.order_by("event", "number", "recipient__email")
    return [(mail.state, mail.trouble, mail.attempts) for mail in mails]


def test_an_alarm_is_mailed_when_it_begins_while_it_lasts_and_when_it_ends(
    olga: User, smtp: MailServer, time: Time
) -> None:
    for _ in range(30):
        seen(CODE, now=time.passes(hours=1))
        send.send_waiting()
    for _ in range(20):
        seen(now=time.passes(minutes=1))
        send.send_waiting()
    title = "The host's clock is not trusted"
    assert smtp.subjects() == [SUBJECT, f"Alarm still on: {title}", f"Alarm over: {title}"]
    assert {state for state, _, _ in states()} == {State.SENT}


def test_a_mail_names_nobody_but_its_recipient(
    olga: User, smtp: MailServer, time: Time, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://data.example.com"
    officer("omar")
    seen(CODE, now=time.now)
    assert send.send_waiting() == 2
    assert sorted(smtp.to) == [["olga@sandglass.example"], ["omar@sandglass.example"]]
    for mail, to in zip(smtp.mails, smtp.to, strict=True):
        assert re.findall(r"[\w.-]+@sandglass\.example", mail.as_string()) == to
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Message-ID"].endswith("@data.example.com>")
        body = mail.get_content()
        assert "https://data.example.com/admin/health/#clock_not_trusted" in body
        assert "Began: 22 Nov 2026, 10:00 UTC" in body
        assert "For whoever runs the service: docs/alarms.md, clock_not_trusted" in body
        assert max(map(len, body.splitlines())) <= 100


def test_a_server_that_is_not_there_is_tried_again(
    olga: User, smtp: MailServer, time: Time, settings: Any
) -> None:
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    seen(CODE, now=time.now)
    send.send_waiting()
    send.send_waiting()
    assert states() == [(State.WAITING, "no_connection", 1)]
    settings.EMAIL_PORT = port
    time.passes(minutes=1)
    send.send_waiting()
    assert smtp.subjects() == [SUBJECT]
    assert states() == [(State.SENT, "", 2)]


def test_pauses_grow_and_it_never_gives_up(olga: User, time: Time, smtp: MailServer) -> None:
    smtp.says["data"] = "451 later"
    seen(CODE, now=time.now)
    for _ in range(3 * 60):
        send.send_waiting()
        time.passes(minutes=1)
    [(state, trouble, attempts)] = states()
    assert (state, trouble) == (State.WAITING, "answered_451")
    assert attempts == 15
    smtp.says.clear()
    time.passes(minutes=15)
    send.send_waiting()
    assert smtp.subjects() == [SUBJECT]


@pytest.mark.parametrize("stage", ["rcpt", "data"])
def test_a_refusal_for_good_is_said_and_not_repeated(
    olga: User, smtp: MailServer, time: Time, stage: str
) -> None:
    smtp.says[stage] = "550 no"
    seen(CODE, now=time.now)
    for _ in range(3):
        send.send_waiting()
        time.passes(minutes=20)
    assert states() == [(State.REFUSED, "answered_550", 1)]


def test_one_refused_address_holds_up_nobody_else(olga: User, smtp: MailServer, time: Time) -> None:
    User.objects.filter(pk=olga.pk).update(email="no\naddress")
    officer("omar")
    seen(CODE, now=time.now)
    send.send_waiting()
    assert smtp.to == [["omar@sandglass.example"]]
    assert sorted(states())[0] == (State.REFUSED, "bad_address", 1)


def test_what_may_have_arrived_is_never_sent_again(
    olga: User, smtp: MailServer, time: Time
) -> None:
    smtp.hangs_up = True
    seen(CODE, now=time.now)
    for _ in range(5):
        send.send_waiting()
        seen(CODE, now=time.passes(minutes=11))
    assert smtp.subjects() == [SUBJECT]
    assert states() == [(State.UNSURE, "connection_lost", 1)]


def test_many_who_send_at_once_send_each_once(olga: User, smtp: MailServer, time: Time) -> None:
    officer("omar")
    seen(CODE, "disk_full", now=time.now)
    assert at_once(*[send.send_waiting] * 4) == []
    assert sorted(smtp.to) == [["olga@sandglass.example"]] * 2 + [["omar@sandglass.example"]] * 2
    assert {state for state, _, _ in states()} == {State.SENT}


def test_without_a_mail_server_nothing_is_pretended(olga: User, settings: Any, time: Time) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    seen(CODE, now=time.now)
    assert send.send_waiting() == 0
    assert states() == [(State.WAITING, "no_mail_server", 0)]


def test_a_mail_server_that_comes_later_gets_what_waited(
    olga: User, smtp: MailServer, settings: Any, time: Time
) -> None:
    real = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    seen(CODE, now=time.now)
    send.send_waiting()
    settings.EMAIL_BACKEND = real
    send.send_waiting()
    assert smtp.subjects() == [SUBJECT]


def test_a_login_that_was_switched_off_meanwhile_gets_nothing(
    olga: User, smtp: MailServer, time: Time
) -> None:
    seen(CODE, now=time.now)
    User.objects.filter(pk=olga.pk).update(is_active=False)
    send.send_waiting()
    assert smtp.mails == []
    assert states() == [(State.DROPPED, "switched_off", 1)]


SENDER = """
import json, sys, django
django.setup()
from django.conf import settings
given = json.loads(sys.argv[1])
settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", given["port"]
from compliance.alarms import send
if given["die"] == "claimed":
    import os, signal
    send.letters.letter = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
send.send_waiting()
"""


def sender(live: Live, port: int, die: str = "") -> subprocess.Popen[bytes]:
    arguments = json.dumps({"port": port, "die": die})
    environment = live.environment()
    return subprocess.Popen([sys.executable, "-c", SENDER, arguments], env=environment)


@pytest.mark.parametrize("moment", ["claimed", "taken"])
def test_a_process_killed_while_it_sends_never_makes_two_mails_of_one(
    olga: User, smtp: MailServer, live: Live, settings: Any, moment: str
) -> None:
    """Killed after the claim and before the mail; and after the server took it, before it said."""
    from retention import clock

    seen(CODE, now=clock.host_now())
    if moment == "taken":
        smtp.go_on.clear()
    killed = sender(live, settings.EMAIL_PORT, moment)
    if moment == "taken":
        assert smtp.arrived.wait(60)
        killed.send_signal(signal.SIGKILL)
    assert killed.wait(60) == -signal.SIGKILL
    smtp.go_on.set()
    taken = [SUBJECT] if moment == "taken" else []
    # Started again: the claim stands in the database, whoever comes next.
    again = sender(live, settings.EMAIL_PORT)
    assert again.wait(60) == 0
    assert smtp.subjects() == taken
    assert states() == [(State.SENDING, "", 1)]
    AlarmMail.objects.update(claimed_at=clock.host_now() - send.LONGEST * 1.1)
    send.send_waiting()
    assert smtp.subjects() == taken
    assert states() == [(State.UNSURE, "process_died", 1)]


def test_a_restart_neither_begins_an_alarm_anew_nor_mails_it_again(
    olga: User, smtp: MailServer, time: Time
) -> None:
    for _ in range(3):
        seen(CODE, now=time.passes(minutes=1))
        send.send_waiting()
        connections.close_all()
    assert Alarm.objects.count() == 1
    assert smtp.subjects() == [SUBJECT]
