"""Letters go out once, after their entry is signed, and never twice when nobody knows."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from compliance.customers.contacts import add_contact
from compliance.customers.models import Customer
from compliance.findings import send, tasks, tell
from compliance.findings.count import count_up
from compliance.findings.models import Finding, FindingLetter
from retention import clock
from retention.actor import SYSTEM, Actor
from retention.ledger import sequence
from tests.compliance.alarms.mailserver import MailServer, mail_server
from tests.compliance.findings.conftest import NOW, flags

MINUTE = timedelta(minutes=1)


@pytest.fixture
def smtp(settings: Any) -> Iterator[MailServer]:
    with mail_server() as (server, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        yield server


@pytest.fixture
def written(acme: Customer, officer: Actor) -> FindingLetter:
    """Its entry is not signed yet."""
    for role in ("security", "technical"):
        email = f"{role}@acme.example"
        add_contact(acme, name="Lena", email=email, role=role, by=SYSTEM, now=NOW)
    flags(acme, 3)
    count_up(now=NOW)
    tell.tell([Finding.objects.get().pk], by=officer, now=NOW)
    return FindingLetter.objects.get()


@pytest.fixture
def letter(written: FindingLetter) -> FindingLetter:
    """Its entry is signed."""
    sequence.sign_pending(now=NOW)
    return written


def state(letter: FindingLetter) -> tuple[str, str]:
    letter.refresh_from_db()
    return letter.state, letter.trouble


def test_it_is_one_mail_to_all_of_them_word_for_word(
    letter: FindingLetter, smtp: MailServer
) -> None:
    assert send.send_waiting() == 1
    assert send.send_waiting() == 0
    assert smtp.to == [["security@acme.example", "technical@acme.example"]]
    [mail] = smtp.mails
    assert mail.get_content().replace("\r\n", "\n").strip() == letter.text.strip()
    assert mail["Reply-To"] == "olga@sandglass.example"
    assert mail["Message-ID"].startswith(f"<finding-{letter.pk}@")
    assert mail["Auto-Submitted"] == "auto-generated"
    assert state(letter) == ("sent", "")


def test_nothing_goes_out_before_its_entry_is_signed(
    written: FindingLetter, smtp: MailServer
) -> None:
    assert send.send_waiting() == 0
    assert smtp.mails == []
    sequence.sign_pending(now=NOW)
    assert send.send_waiting() == 1


def test_without_a_mail_server_it_waits_and_in_a_demonstration_it_is_a_file(
    letter: FindingLetter, settings: Any, tmp_path: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path)
    settings.DEMO = False
    assert send.send_waiting() == 0
    assert state(letter) == ("waiting", "no_mail_server")
    settings.DEMO = True
    assert send.send_waiting() == 1
    assert len(list(tmp_path.iterdir())) == 1


def test_what_is_refused_for_now_is_tried_again_and_for_good_is_not(
    letter: FindingLetter, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    smtp.says["data"] = "450 later"
    assert send.send_waiting() == 0
    assert state(letter) == ("waiting", "answered_450")
    assert send.send_waiting() == 0
    later = clock.host_now() + 2 * MINUTE
    monkeypatch.setattr(clock, "host_now", lambda: later)
    smtp.says["data"] = "550 never"
    send.send_waiting()
    assert state(letter) == ("refused", "answered_550")
    smtp.says.clear()
    assert send.send_waiting() == 0


def test_a_server_that_hangs_up_may_have_it_so_it_is_not_sent_again(
    letter: FindingLetter, smtp: MailServer
) -> None:
    smtp.hangs_up = True
    send.send_waiting()
    assert state(letter) == ("unsure", "connection_lost")
    smtp.hangs_up = False
    assert send.send_waiting() == 0
    assert len(smtp.mails) == 1


def test_a_server_that_is_away_costs_no_claim(letter: FindingLetter, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", 1, 2
    assert send.send_waiting() == 0
    assert state(letter) == ("waiting", "no_connection")
    assert letter.attempts == 0


def test_whoever_dies_after_claiming_leaves_it_unsure(
    letter: FindingLetter, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send.claim(clock.host_now()) == letter
    assert send.claim(clock.host_now()) is None
    later = clock.host_now() + send.LONGEST + MINUTE
    monkeypatch.setattr(clock, "host_now", lambda: later)
    assert send.send_waiting() == 0
    assert state(letter) == ("unsure", "process_died")
    assert smtp.mails == []


@pytest.fixture
def _in_this_transaction(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tasks, "close_old_connections", lambda: None)


@pytest.mark.usefixtures("_in_this_transaction")
def test_the_minute_counts_and_sends(
    letter: FindingLetter, acme: Customer, smtp: MailServer
) -> None:
    flags(acme, 4)
    tasks.minute()
    assert Finding.objects.get().items == 7
    assert len(smtp.mails) == 1


@pytest.mark.usefixtures("_in_this_transaction")
def test_a_minute_that_cannot_count_sends_all_the_same(
    letter: FindingLetter, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise OSError

    monkeypatch.setattr(tasks, "count_up", fail)
    with pytest.raises(OSError):
        tasks.minute()
    assert len(smtp.mails) == 1
