"""P4: told, returned, withdrawn, objected to by a key: no change binds earlier by it."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from compliance.customers.contract import set_notice_days
from compliance.notices import bounces
from compliance.notices.announce import announce
from compliance.notices.answer import object_to
from compliance.notices.bounces import Heard
from compliance.notices.errors import NeedsAPerson
from compliance.notices.models import Delivery, MailEvent
from compliance.notices.withdraw import withdraw
from retention import clock
from retention.actor import SYSTEM, Actor
from retention.errors import AnotherPending
from retention.policies import publish
from retention.policies.models import Stay
from tests.compliance.alarms.conftest import smtp as smtp
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import REPLY_TO, Scene, activation_of, notice_of
from tests.compliance.notices.conftest import scene as scene

A_DAY = timedelta(days=1)


def hear(delivery: Delivery) -> None:
    heard = Heard(MailEvent.Kind.HARD, "dsn", uuid4().hex, "5.1.1")
    bounces.hear(delivery.pk, heard, now=clock.now())


def test_days_of_notice_that_were_shortened_do_not_shorten_what_was_told(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "a@acme.example", notice_days=90)
    scene.announce()
    scene.send()
    a = Delivery.objects.get()
    scene.passes(days=5)
    # Told too, five days later, with the ninety days that stood in the contract then.
    b_contact = scene.contact(acme, "b@acme.example")
    b = Delivery.objects.create(
        notice=a.notice,
        channel="mail",
        contact=b_contact,
        address=b_contact.email,
        state="sent",
        sent_at=clock.now(),
    )
    set_notice_days(acme, days=30, by=SYSTEM, now=clock.now())
    scene.passes(days=5)
    hear(a)
    again = activation_of(acme)
    assert again is not None
    assert again.notice_days == 90
    assert b.sent_at is not None
    assert again.effective_on > b.sent_at.date() + 90 * A_DAY


def test_withdrawn_and_announced_anew_the_days_begin_anew(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    first = scene.announce()
    scene.send()
    scene.passes(days=28)
    withdraw(first.version, by=scene.by, now=clock.now())
    today = clock.today()
    scene.announce()
    scene.send()
    given = activation_of(acme)
    assert given is not None
    assert (given.given_on, given.effective_on) == (today, today + 32 * A_DAY)


def test_beside_one_that_is_pending_no_second_one_is_announced(scene: Scene) -> None:
    scene.announce()
    version = scene.approved()
    with pytest.raises(AnotherPending):
        announce(
            version,
            takes_effect_on=publish.earliest_effect(clock.today()) + 300 * A_DAY,
            reply_to=REPLY_TO,
            by=scene.by,
            now=clock.now(),
        )


def test_a_read_key_deletes_nothing_by_objecting_to_what_applies_already(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    scene.passes(days=33)
    notice = notice_of(acme)
    with pytest.raises(NeedsAPerson):
        object_to(notice, by=Actor("key", uuid4()), text="No.", now=clock.now())
    assert not Stay.objects.exists()
    object_to(notice, by=Actor("contact", uuid4()), text="No.", now=clock.now())
    assert Stay.objects.exists()
