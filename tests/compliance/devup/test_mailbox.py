"""The demonstration's mailbox keeps mails as files, and refuses as a mail server would."""

from __future__ import annotations

import email
from email.policy import default
from pathlib import Path
from smtplib import SMTPRecipientsRefused
from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection

from compliance.mail.refusals import Meaning, read
from compliance.mail.server import has_mail_server, may_give_notice

BACKEND = "compliance.devup.mailbox.EmailBackend"


@pytest.fixture(autouse=True)
def mailbox(settings: Any, tmp_path: Path) -> Path:
    settings.EMAIL_BACKEND = BACKEND
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    return tmp_path / "mail"


def send(to: str, number: int = 1) -> int:
    headers = {"Message-ID": f"<{number}@data.example.com>"}
    mail = EmailMessage("Notice", "Text", to=[to], headers=headers)
    return get_connection().send_messages([mail]) or 0


def test_each_mail_is_a_file_of_its_own_for_nobody_else_to_read(mailbox: Path) -> None:
    assert send("legal@acme.example") == send("legal@acme.example", 2) == 1
    files = sorted(mailbox.glob("*.eml"))
    assert len(files) == 2
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
    mail = email.message_from_bytes(files[0].read_bytes(), policy=default)
    assert mail["To"] == "legal@acme.example"


def test_some_addresses_come_back_and_others_take_three_tries(mailbox: Path) -> None:
    with pytest.raises(SMTPRecipientsRefused) as refused:
        send("legal@bounce.example")
    assert read(refused.value).meaning is Meaning.NO_SUCH_RECIPIENT
    for _ in range(2):
        with pytest.raises(SMTPRecipientsRefused) as refused:
            send("legal@slow.example")
        assert read(refused.value).meaning is Meaning.LATER
    assert send("legal@slow.example") == 1
    with pytest.raises(SMTPRecipientsRefused):
        send("legal@slow.example", 2)
    assert len(list(mailbox.glob("*.eml"))) == 1


@pytest.mark.parametrize(
    ("backend", "demo", "server", "counts"),
    [
        ("django.core.mail.backends.smtp.EmailBackend", False, True, True),
        ("anymail.backends.postmark.EmailBackend", False, True, True),
        ("django.core.mail.backends.filebased.EmailBackend", False, False, False),
        ("django.core.mail.backends.filebased.EmailBackend", True, False, False),
        (BACKEND, True, False, True),
        # Whoever sets it by hand does not make files count as customers told.
        (BACKEND, False, False, False),
    ],
)
def test_a_mailbox_is_no_mail_server_and_counts_in_a_demonstration_only(
    settings: Any, backend: str, demo: bool, server: bool, counts: bool
) -> None:
    settings.EMAIL_BACKEND, settings.DEMO = backend, demo
    assert has_mail_server() is server
    assert may_give_notice() is counts
