"""P4: real mails to a real server: each once, whatever the server or the sender does meanwhile."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from compliance.customers.contacts import end_contact
from compliance.notices import letters, schedule, send, settle
from compliance.notices.models import Delivery, MailEvent, Notice
from retention import clock
from retention.actor import SYSTEM
from retention.policies.models import Activation
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import (
    REPLY_TO,
    Scene,
    activation_of,
    notice_of,
    states,
)
from tests.retention.expiry.threads import at_once

State = Delivery.State
Later = Callable[..., datetime]


def test_p4_nothing_is_sent_before_the_act_is_signed(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce(signed=False)
    assert schedule.release(now=clock.now()) == 0
    assert schedule.write_all(now=clock.now()) == 0
    assert send.send_waiting() == 0
    assert not Notice.objects.exists()
    assert scene.send() == 1
    assert smtp.to == [["legal@acme.example"]]
    assert activation_of(acme) is not None


def test_p4_every_customer_is_told_once_and_its_own_days_run_from_the_day_of_the_mail(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "legal@acme.example", "counsel@acme.example")
    scene.contact(acme, "tech@acme.example", role="technical")
    bank = scene.customer("Bank", "legal@bank.example", notice_days=90)
    scene.announce()
    assert scene.send() == 3
    assert scene.send() == 0
    assert sorted(smtp.to) == [
        ["counsel@acme.example"],
        ["legal@acme.example"],
        ["legal@bank.example"],
    ]
    today = clock.today()
    for customer, days in ((acme, 31), (bank, 91)):
        activation = activation_of(customer)
        assert activation is not None
        assert activation.given_on == today
        assert activation.effective_on == today + timedelta(days=max(days, 32))
        assert notice_of(customer).activation == activation


def test_a_mail_says_who_wrote_it_and_whom_to_answer_and_asks_for_no_unsubscribing(
    scene: Scene, smtp: MailServer, settings: Any
) -> None:
    settings.PUBLIC_URL = "https://data.example.com"
    settings.EMAIL_RETURN_PATH = "bounces@data.example.com"
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    [mail] = smtp.mails
    delivery = Delivery.objects.get()
    assert mail["Message-ID"] == f"<{delivery.pk}@data.example.com>" == delivery.message_id
    assert mail["Reply-To"] == REPLY_TO
    assert mail["Auto-Submitted"] == "auto-generated"
    assert "List-Unsubscribe" not in mail
    assert mail.get_content_type() == "multipart/alternative"
    text, html = mail.iter_parts()
    assert text.get_content().replace("\r\n", "\n").strip() == notice_of_text().strip()
    assert "AI responses: 6 months → 90 days" in text.get_content()
    page = html.get_content()
    assert "<img" not in page
    assert "http" not in page.replace("https://data.example.com", "")
    # What is kept as headers is what went out.
    assert {name: mail[name] for name in delivery.headers} == delivery.headers


def notice_of_text() -> str:
    return Notice.objects.get().text


def test_what_the_server_refuses_for_good_was_not_given(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "gone@acme.example")
    scene.announce()
    smtp.says["rcpt"] = "550 no such user"
    assert scene.send() == 0
    assert states() == [(State.BOUNCED, "answered_550")]
    assert activation_of(acme) is None
    [event] = MailEvent.objects.all()
    assert (event.kind, event.source, event.status) == ("hard_bounce", "smtp", "550")
    smtp.says.clear()
    assert scene.send() == 0


def test_what_is_refused_for_now_is_tried_again_with_growing_pauses(
    scene: Scene, smtp: MailServer, later: Later
) -> None:
    acme = scene.customer("Acme", "slow@acme.example")
    scene.announce()
    smtp.says["rcpt"] = "450 later"
    scene.send()
    assert states() == [(State.WAITING, "answered_450")]
    smtp.says.clear()
    assert scene.send() == 0
    later(minutes=1)
    assert scene.send() == 1
    assert activation_of(acme) is not None
    assert [event.kind for event in MailEvent.objects.all()] == ["soft_bounce"]


def test_a_mailbox_that_stays_full_is_given_up_and_said_so(
    scene: Scene, smtp: MailServer, later: Later
) -> None:
    acme = scene.customer("Acme", "full@acme.example")
    scene.announce()
    smtp.says["rcpt"] = "452 full"
    for _ in range(settle.MOST_TRIES + 3):
        scene.send()
        later(hours=4, minutes=1)
    assert states() == [(State.REFUSED, "answered_452")]
    assert Delivery.objects.get().attempts == settle.MOST_TRIES
    assert activation_of(acme) is None


def test_what_may_have_arrived_is_not_given_and_never_sent_again_by_itself(
    scene: Scene, smtp: MailServer, later: Later
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    smtp.hangs_up = True
    for _ in range(3):
        scene.send()
        later(hours=1)
    assert len(smtp.mails) == 1
    assert states() == [(State.UNSURE, "connection_lost")]
    assert activation_of(acme) is None


def test_a_server_that_is_away_costs_no_try(
    scene: Scene, smtp: MailServer, settings: Any, later: Later
) -> None:
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    port, settings.EMAIL_PORT = settings.EMAIL_PORT, 1
    scene.send()
    assert states() == [(State.WAITING, "no_connection")]
    settings.EMAIL_PORT = port
    assert scene.send() == 0
    later(minutes=1)
    assert scene.send() == 1
    assert Delivery.objects.get().attempts == 1


def test_two_senders_at_once_send_each_mail_once(scene: Scene, smtp: MailServer) -> None:
    for number in range(20):
        scene.customer(f"C{number}", f"legal@c{number}.example")
    scene.announce()
    scene.write()
    assert at_once(*[send.send_waiting] * 3) == []
    assert len(smtp.to) == len({to[0] for to in smtp.to}) == 20
    assert {state for state, _ in states()} == {State.SENT}
    assert Activation.objects.filter(kind="noticed").count() == 20


def test_notices_written_by_two_at_once_are_there_once(scene: Scene) -> None:
    for number in range(30):
        scene.customer(f"C{number}", f"legal@c{number}.example")
    made = scene.announce()
    schedule.release(now=clock.now())

    def write() -> None:
        while schedule.write(made.pk, now=clock.now(), chunk=7) is not None:
            pass

    assert at_once(write, write, write) == []
    assert Notice.objects.count() == Delivery.objects.count() == 30


def test_p4_without_a_mail_server_nobody_counts_as_told(
    scene: Scene, settings: Any, tmp_path: Any
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    settings.EMAIL_FILE_PATH = str(tmp_path / "mail")
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    assert scene.send() == 0
    assert states() == [(State.WAITING, "no_mail_server")]
    assert activation_of(acme) is None
    assert not (tmp_path / "mail").exists()


def test_a_contact_that_was_ended_gets_nothing_more(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.write()
    end_contact(acme.contacts.get(), by=SYSTEM, now=clock.now())
    assert scene.send() == 0
    assert states() == [(State.DROPPED, "contact_ended")]


def test_a_contact_that_was_ended_while_its_mail_was_on_the_way_was_not_the_one_to_tell(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.write()
    mail = send.claim(Delivery.objects.get().pk, clock.host_now())
    assert mail is not None
    end_contact(acme.contacts.get(), by=SYSTEM, now=clock.now())
    settle.handed_over(mail, provider_id="", now=clock.now())
    assert states() == [(State.SENT, "")]
    assert activation_of(acme) is None


def test_p4_a_new_contact_gets_a_mail_of_its_own_and_30_days_of_its_own(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "gone@acme.example")
    scene.announce()
    smtp.says["rcpt"] = "550 no"
    scene.send()
    smtp.says.clear()
    today = scene.passes(days=10)
    scene.contact(acme, "new@acme.example")
    assert scene.send() == 1
    activation = activation_of(acme)
    assert activation is not None
    assert activation.given_on == today
    assert activation.effective_on == today + timedelta(days=31)
    # The mail states this day, not the one that was planned ten days ago.
    delivery = Delivery.objects.get(address="new@acme.example")
    stated = f"{activation.effective_on.day} {activation.effective_on:%b %Y}"
    assert stated in delivery.text
    assert stated not in notice_of(acme).text
    assert stated in str(smtp.mails[-1]["Subject"])
    # And so does the customer's page.
    assert stated in letters.shown(notice_of(acme)).text


def test_a_failure_between_sent_and_given_leaves_neither(
    scene: Scene, smtp: MailServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.write()

    def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError("here")

    monkeypatch.setattr(settle, "give", dies)
    with pytest.raises(RuntimeError):
        send.send_waiting()
    assert states() == [(State.SENDING, "")]
    assert activation_of(acme) is None
    monkeypatch.undo()
    Delivery.objects.update(claimed_at=clock.host_now() - send.LONGEST * 1.1)
    assert send.send_waiting() == 0
    assert states() == [(State.UNSURE, "process_died")]
    assert len(smtp.mails) == 1


def test_a_provider_gets_the_same_mail_and_its_id_is_kept(scene: Scene, settings: Any) -> None:
    settings.EMAIL_BACKEND = "anymail.backends.test.EmailBackend"
    settings.EMAIL_RETURN_PATH = "bounces@data.example.com"
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    assert scene.send() == 1
    delivery = Delivery.objects.get()
    assert delivery.provider_id
    assert activation_of(acme) is not None
    from django.core import mail

    [sent] = mail.outbox
    assert sent.anymail_test_params["metadata"] == {"delivery": str(delivery.pk)}
    assert sent.anymail_test_params["extra_headers"]["Message-ID"] == delivery.message_id


def test_what_the_server_has_against_us_is_tried_until_it_is_mended(
    scene: Scene, smtp: MailServer, later: Later
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    smtp.says["mail"] = "550 you may not send"
    for _ in range(settle.MOST_TRIES + 3):
        scene.send()
        later(hours=4, minutes=1)
    assert states() == [(State.WAITING, "answered_550")]
    assert not MailEvent.objects.exists()
    smtp.says.clear()
    assert scene.send() == 1
    assert activation_of(acme) is not None
