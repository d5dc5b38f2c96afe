"""P4: a mail that came back takes the notice back, until the change applies."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

import pytest

from compliance.notices import bounces, settle
from compliance.notices.bounces import Heard
from compliance.notices.models import Delivery, MailEvent
from compliance.notices.reach import send_again
from retention import clock
from retention.policies.models import Activation
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene, activation_of, notice_of, states
from tests.retention.expiry.threads import at_once

State, Kind = Delivery.State, MailEvent.Kind


def hear(delivery: Delivery, kind: str = Kind.HARD, event_id: str = "") -> bool:
    heard = Heard(kind, "dsn", event_id or uuid4().hex, "5.1.1")
    return bounces.hear(delivery.pk, heard, now=clock.now())


def test_p4_a_hard_bounce_on_day_ten_takes_the_notice_back_and_a_new_contact_begins_anew(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    today = scene.passes(days=10)
    hear(Delivery.objects.get())
    assert states() == [(State.BOUNCED, "came_back")]
    assert activation_of(acme) is None
    assert notice_of(acme).activation is None
    [voided] = Activation.objects.exclude(voided_at=None)
    assert voided.voided_for == "bounced"
    scene.contact(acme, "new@acme.example")
    assert scene.send() == 1
    activation = activation_of(acme)
    assert activation is not None
    assert activation.effective_on == today + timedelta(days=31)


def test_a_bounce_that_is_told_twice_counts_once(scene: Scene, smtp: MailServer) -> None:
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    delivery = Delivery.objects.get()
    assert hear(delivery, event_id="a") is True
    assert hear(delivery, event_id="a") is False
    assert MailEvent.objects.count() == 1


@pytest.mark.parametrize("kind", [Kind.SOFT, Kind.DEFERRED])
def test_what_is_only_late_takes_nothing_back(scene: Scene, smtp: MailServer, kind: str) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    hear(Delivery.objects.get(), kind)
    assert states() == [(State.SENT, "")]
    assert activation_of(acme) is not None


def test_another_legal_contact_who_was_reached_keeps_the_notice(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "a@acme.example", "b@acme.example")
    scene.announce()
    scene.send()
    before = activation_of(acme)
    hear(Delivery.objects.get(address="a@acme.example"))
    assert activation_of(acme) == before
    hear(Delivery.objects.get(address="b@acme.example"))
    assert activation_of(acme) is None


def test_p4_another_contact_who_was_told_later_gets_its_own_full_days(
    scene: Scene, smtp: MailServer
) -> None:
    """The first mail went out on day 0, the second on day 5: the first one comes back."""
    acme = scene.customer("Acme", "a@acme.example", "b@acme.example")
    scene.announce()
    scene.write()
    first, second = Delivery.objects.order_by("address")
    Delivery.objects.filter(pk=second.pk).update(
        next_try_at=clock.host_now() + timedelta(days=3650)
    )
    scene.send()
    scene.passes(days=5)
    Delivery.objects.filter(pk=second.pk).update(next_try_at=clock.host_now())
    scene.send()
    today = scene.passes(days=1)
    hear(first)
    activation = activation_of(acme)
    assert activation is not None
    assert activation.given_on == today
    assert activation.effective_on == today + timedelta(days=31)


def test_after_the_change_applies_a_bounce_takes_nothing_back(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    scene.passes(days=32)
    hear(Delivery.objects.get())
    assert activation_of(acme) is not None
    assert states() == [(State.BOUNCED, "came_back")]


def test_a_reminder_that_comes_back_does_not_take_the_notice_back(
    scene: Scene, smtp: MailServer
) -> None:
    from compliance.notices.remind import remind

    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    assert remind(today=scene.passes(days=25)) == 1
    assert scene.send() == 1
    hear(Delivery.objects.get(purpose="reminder"))
    assert activation_of(acme) is not None


def test_an_event_that_it_arrived_settles_what_nobody_knew(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    smtp.hangs_up = True
    scene.send()
    assert states() == [(State.UNSURE, "connection_lost")]
    scene.passes(days=2)
    hear(Delivery.objects.get(), Kind.DELIVERED)
    activation = activation_of(acme)
    assert activation is not None
    # From the day on which it was known, not from the day on which it may have been sent.
    assert activation.given_on == clock.today()
    assert states() == [(State.DELIVERED, "")]


def test_what_arrived_after_all_is_not_sent_again(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    smtp.hangs_up = True
    scene.send()
    send_again(Delivery.objects.get(), by=scene.by, now=clock.now())
    hear(Delivery.objects.get(), Kind.DELIVERED)
    assert scene.send() == 0
    assert len(smtp.mails) == 1
    assert activation_of(acme) is not None


def test_what_came_back_stays_so_whatever_is_told_later(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    hear(Delivery.objects.get())
    hear(Delivery.objects.get(), Kind.DELIVERED)
    assert states() == [(State.BOUNCED, "came_back")]
    assert activation_of(acme) is None


def test_a_bounce_that_is_heard_while_the_mail_is_being_given_wins(
    scene: Scene, smtp: MailServer
) -> None:
    """Whoever comes first: in the end the mail came back and the notice is not given."""
    for number in range(8):
        acme = scene.customer(f"C{number}", f"legal@c{number}.example")
    scene.announce()
    scene.write()
    from compliance.notices import send

    mails = [send.claim(one.pk, clock.host_now()) for one in Delivery.objects.all()]
    calls = []
    for mail in mails:
        assert mail is not None
        calls += [
            lambda mail=mail: settle.handed_over(mail, provider_id="", now=clock.now()),
            lambda mail=mail: hear(mail),
        ]
    assert at_once(*calls) == []
    assert {state for state, _ in states()} == {State.BOUNCED}
    assert not Activation.objects.filter(kind="noticed", voided_at=None).exists()
    assert activation_of(acme) is None
