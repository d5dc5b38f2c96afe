"""P4: what people do about a notice: reached in person, sent again, tested, reminded."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from compliance.notices import reply_address
from compliance.notices.errors import (
    NeedsAPerson,
    NoEvidence,
    NoticeClosed,
    ReplyNotConfirmed,
    StaleDelivery,
    UnknownWay,
    WrongCode,
)
from compliance.notices.models import Delivery
from compliance.notices.reach import reached, send_again
from compliance.notices.remind import remind
from compliance.notices.withdraw import withdraw
from retention import clock
from retention.actor import SYSTEM
from retention.ledger.models import Entry
from retention.policies.models import PolicyVersion
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import (
    REPLY_TO,
    Scene,
    activation_of,
    notice_of,
    states,
)

State = Delivery.State
CODE = re.compile(r"^ {4}(\d{4} \d{4})\s*$", re.MULTILINE)


def test_p4_a_customer_reached_by_phone_is_given_notice_on_the_day_it_is_written_down(
    scene: Scene,
) -> None:
    acme = scene.customer("Acme")
    scene.announce()
    scene.write()
    assert activation_of(acme) is None
    today = scene.passes(days=12)
    reached(
        notice_of(acme),
        way="phone",
        evidence="Call with Lena Berg, 10:15, call log 4711.",
        by=scene.by,
        now=clock.now(),
    )
    activation = activation_of(acme)
    assert activation is not None
    assert activation.given_on == today
    [delivery] = Delivery.objects.all()
    assert (delivery.channel, delivery.made_by_id) == ("manual", scene.olga.pk)
    assert Entry.objects.filter(kind="notice:customer:reached").count() == 1


@pytest.mark.parametrize(
    ("given", "refused"),
    [
        ({"evidence": "  "}, NoEvidence),
        ({"way": "dove"}, UnknownWay),
        ({"by": SYSTEM}, NeedsAPerson),
    ],
)
def test_without_evidence_way_or_person_nobody_was_reached(
    scene: Scene, given: dict[str, Any], refused: type[Exception]
) -> None:
    acme = scene.customer("Acme")
    scene.announce()
    scene.write()
    call = {"way": "phone", "evidence": "Call", "by": scene.by, "now": clock.now(), **given}
    with pytest.raises(refused):
        reached(notice_of(acme), **call)
    assert activation_of(acme) is None
    assert not Delivery.objects.exists()


def test_the_database_wants_evidence_too(scene: Scene) -> None:
    acme = scene.customer("Acme")
    scene.announce()
    scene.write()
    with pytest.raises(IntegrityError), transaction.atomic():
        Delivery.objects.create(
            notice=notice_of(acme), channel="manual", address="phone", made_by=scene.olga
        )


def test_nobody_is_reached_for_a_change_that_does_not_come(scene: Scene) -> None:
    acme = scene.customer("Acme")
    scene.announce()
    scene.write()
    withdraw(PolicyVersion.objects.get(number=2), by=scene.by, now=clock.now())
    with pytest.raises(NoticeClosed):
        reached(notice_of(acme), way="letter", evidence="R", by=scene.by, now=clock.now())


def test_an_unsure_mail_is_sent_again_by_a_person_under_its_old_message_id(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    smtp.hangs_up = True
    scene.send()
    smtp.hangs_up = False
    delivery = Delivery.objects.get()
    with pytest.raises(NeedsAPerson):
        send_again(delivery, by=SYSTEM, now=clock.now())
    send_again(delivery, by=scene.by, now=clock.now())
    assert scene.send() == 1
    assert len({str(mail["Message-ID"]) for mail in smtp.mails}) == 1
    assert activation_of(acme) is not None
    with pytest.raises(StaleDelivery):
        send_again(delivery, by=scene.by, now=clock.now())


def test_each_contact_is_reminded_once_seven_days_before(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    activation = activation_of(acme)
    assert activation is not None
    week = activation.effective_on - timedelta(days=7)
    assert remind(today=week - timedelta(days=1)) == 0
    assert remind(today=week) == 1
    assert remind(today=week) == 0
    assert scene.send() == 1
    notice, reminder = smtp.mails
    assert str(reminder["Subject"]).startswith("Reminder: ")
    assert reminder["In-Reply-To"] == notice["Message-ID"]
    on = f"{activation.effective_on.day} {activation.effective_on:%b %Y}"
    assert on in str(reminder["Subject"])
    # Whoever came in between is reminded too; on the day itself nobody is any more.
    scene.contact(acme, "new@acme.example")
    assert remind(today=activation.effective_on) == 0
    assert remind(today=week) == 1


def test_the_address_for_answers_is_tested_by_a_code_that_is_mailed_there(
    scene: Scene, smtp: MailServer
) -> None:
    reply_address.ask(REPLY_TO.upper(), by=scene.by)
    [mail] = smtp.mails
    assert smtp.to == [[REPLY_TO]]
    found = CODE.search(mail.get_content())
    assert found
    with pytest.raises(WrongCode):
        reply_address.confirm(REPLY_TO, "0000 0000", by=scene.by, now=clock.now())
    with pytest.raises(ReplyNotConfirmed):
        reply_address.refuse_unconfirmed(REPLY_TO, now=clock.now())
    check = reply_address.confirm(REPLY_TO, found[1], by=scene.by, now=clock.now())
    assert reply_address.confirmed(REPLY_TO, now=clock.now()) == check
    assert reply_address.confirmed(REPLY_TO, now=clock.now() + timedelta(days=31)) is None
    with pytest.raises(WrongCode):
        reply_address.confirm(REPLY_TO, found[1], by=scene.by, now=clock.now())


def test_a_code_is_tried_five_times_at_most(scene: Scene, smtp: MailServer) -> None:
    reply_address.ask(REPLY_TO, by=scene.by)
    found = CODE.search(smtp.mails[0].get_content())
    assert found
    for _ in range(reply_address.MOST_TRIES):
        with pytest.raises(WrongCode):
            reply_address.confirm(REPLY_TO, "1", by=scene.by, now=clock.now())
    with pytest.raises(WrongCode):
        reply_address.confirm(REPLY_TO, found[1], by=scene.by, now=clock.now())


def test_a_code_lives_for_half_an_hour(scene: Scene, smtp: MailServer) -> None:
    check = reply_address.ask(REPLY_TO, by=scene.by)
    type(check).objects.update(sent_at=clock.host_now() - timedelta(minutes=31))
    found = CODE.search(smtp.mails[0].get_content())
    assert found
    with pytest.raises(WrongCode):
        reply_address.confirm(REPLY_TO, found[1], by=scene.by, now=clock.now())


def test_an_address_that_the_server_refuses_is_not_asked(scene: Scene, smtp: MailServer) -> None:
    smtp.says["rcpt"] = "550 no"
    with pytest.raises(Exception, match="550"):
        reply_address.ask(REPLY_TO, by=scene.by)
    assert states() == []
    with pytest.raises(WrongCode):
        reply_address.confirm(REPLY_TO, "1", by=scene.by, now=clock.now())
