"""The page "Service": alarms with what became of their mails, stores, the worker's minute."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from compliance.admin import health
from compliance.alarms import letters
from compliance.alarms.models import Alarm, AlarmMail
from compliance.health import checks
from compliance.people.models import User
from compliance.people.roles import StaffRole, give
from retention import clock
from tests.compliance.admin.test_pages import FORBIDDEN, running_text, text_of

URL = "/admin/health/"


@pytest.fixture(autouse=True)
def services(monkeypatch: pytest.MonkeyPatch) -> None:
    """All is well, but for the broker, without asking anybody."""
    found = dict.fromkeys(checks.CHECKS, "ok") | {"broker": "cannot be reached"}
    monkeypatch.setattr(health.checks, "outcomes", lambda _: found)


def begin(kind: str = "deletion_overdue", **mailed: Any) -> Alarm:
    now = clock.host_now()
    alarm = Alarm.objects.create(kind=kind, began_at=now - timedelta(hours=26), raised_at=now)
    if mailed:
        olga = User.objects.create_user("olga@sandglass.example")
        give(olga, StaffRole.OFFICER)
        alarm.mails.create(recipient=olga, event="began", next_try_at=now, **mailed)
    return alarm


def test_the_mails_lead_here() -> None:
    assert reverse("admin:health") == letters.HEALTH


@pytest.mark.parametrize("role", [StaffRole.OFFICER, StaffRole.AUDITOR])
def test_staff_see_it_under_service(staff: Callable[[StaffRole], Client], role: StaffRole) -> None:
    text = text_of(staff(role), URL)
    assert "No alarm is on" in text
    assert "Cannot be reached" in text
    assert 'aria-current="page">Service' in text


def test_nobody_else_sees_it(client: Client, db: None) -> None:
    assert client.get(URL).status_code == 302
    client.force_login(User.objects.create_user("amir@acme.example"))
    assert client.get(URL).status_code in (302, 403)


@pytest.mark.parametrize(
    ("mailed", "says"),
    [
        ({"state": "sent"}, "1 mail sent."),
        (
            {"state": "waiting", "trouble": "no_connection"},
            "1 mail not sent yet: the mail server cannot be reached.",
        ),
        (
            {"state": "refused", "trouble": "answered_550"},
            "1 mail refused by the mail server: it answered 550.",
        ),
        (
            {"state": "unsure", "trouble": "process_died"},
            "1 mail may not have arrived: the process that sent it ended meanwhile.",
        ),
    ],
)
def test_an_alarm_shows_with_what_became_of_its_mails(
    admin: Client, mailed: dict[str, str], says: str
) -> None:
    begin(**mailed)
    text = text_of(admin, URL)
    assert "1 alarm on" in text
    assert 'id="deletion_overdue"' in text
    assert "for 1 day 2 hours" in text
    assert says in text


def test_an_alarm_that_reached_nobody_shows_on_every_page(admin: Client) -> None:
    begin(state="waiting", trouble="no_connection")
    text = text_of(admin, "/admin/compliance/customer/")
    assert f'href="{URL}#deletion_overdue"' in text
    assert "nobody was reached by mail" in text
    AlarmMail.objects.update(state="sent")
    text = text_of(admin, "/admin/compliance/customer/")
    assert f'href="{URL}#deletion_overdue"' in text
    assert "nobody was reached by mail" not in text


def test_that_alarms_cannot_be_mailed_is_said(admin: Client, settings: Any) -> None:
    User.objects.update(is_active=True)
    assert 'id="cannot-mail"' not in text_of(admin, URL)
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert "no mail server is set (EMAIL_URL)" in text_of(admin, URL)


def test_alarms_that_are_over_are_listed(admin: Client) -> None:
    alarm = begin(state="sent")
    Alarm.objects.filter(pk=alarm.pk).update(ended_at=clock.host_now())
    text = text_of(admin, URL)
    assert "No alarm is on" in text
    assert "1 day 2 hours" in text


def test_a_test_mail_goes_to_whoever_asks(admin: Client) -> None:
    answer = admin.post(URL, follow=True)
    assert [sent.to for sent in mail.outbox] == [["root@sandglass.example"]]
    assert "took a test mail" in answer.content.decode()


def test_a_test_mail_that_fails_says_so_without_the_servers_words(
    admin: Client, settings: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    assert "did not take the test mail" in admin.post(URL, follow=True).content.decode()


def test_it_speaks_the_words_of_people(admin: Client) -> None:
    begin(state="unsure", trouble="process_died")
    text = re.sub(r"manage\.py \w+", " ", running_text(text_of(admin, URL)))
    found = re.findall(rf"\b(?:{'|'.join(FORBIDDEN)})s?\b", text, flags=re.IGNORECASE)
    assert not found


def test_it_takes_as_many_queries_for_many_alarms(admin: Client) -> None:
    begin(state="sent")
    text_of(admin, URL)
    few = _queries(admin)
    for code in ("disk_low", "disk_full", "log_unsigned"):
        begin(code)
    assert _queries(admin) == few


def _queries(client: Client) -> int:
    with CaptureQueriesContext(connection) as queries:
        text_of(client, URL)
    return len(queries)


def test_it_is_called_as_in_the_navigation(admin: Client) -> None:
    assert "<h1>Service</h1>" in text_of(admin, URL)


def test_officers_are_told_whom_to_ask_and_where_the_commands_are(admin: Client) -> None:
    begin("deletion_overdue")
    text = text_of(admin, URL)
    assert "ask whoever runs the service" in text
    assert "<code>docs/alarms.md</code>, <code>deletion_overdue</code>" in text
    assert "manage.py" not in text


def test_it_says_what_a_late_run_means_and_what_backups_still_have(admin: Client) -> None:
    text = text_of(admin, URL)
    assert 'id="late"' in text
    for words in ("given out to nobody", "15 minutes", "encrypted", "is not known to this service"):
        assert words in text
