"""P4: a sender that is killed, at every moment, never tells anybody twice."""

from __future__ import annotations

import json
import random
import signal
import sys
import time
from typing import Any

import pytest

from compliance.customers.models import Contact, Customer
from compliance.notices import queries, schedule, send
from compliance.notices.models import Delivery
from retention import clock
from retention.policies.models import Activation, PolicyVersion
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene, activation_of, states
from tests.compliance.notices.sender import sender
from tests.conftest import Live

State = Delivery.State
KILLS = 10


@pytest.mark.parametrize(("die", "arrived"), [("claimed", 0), ("taken", 1), ("settled", 1)])
def test_killed_between_two_steps_a_mail_is_neither_sent_twice_nor_given(
    scene: Scene, smtp: MailServer, live: Live, settings: Any, die: str, arrived: int
) -> None:
    """After the claim; after the server took it; after it was noted and before it was given."""
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.write()
    with sender(live, settings.EMAIL_PORT, die=die) as killed:
        assert killed.wait(60) == -signal.SIGKILL
    with sender(live, settings.EMAIL_PORT) as again:
        assert again.wait(60) == 0
    assert len(smtp.mails) == arrived
    assert states() == [(State.SENDING, "")]
    assert activation_of(acme) is None
    Delivery.objects.update(claimed_at=clock.host_now() - send.LONGEST * 1.1)
    send.send_waiting()
    assert len(smtp.mails) == arrived
    assert states() == [(State.UNSURE, "process_died")]
    assert [one.pk for one in queries.unsure()] == [Delivery.objects.get().pk]


def crowd(number: int) -> None:
    """So many customers with a legal contact each, bound by version 1."""
    now = clock.now()
    customers = Customer.objects.bulk_create(
        Customer(name=f"Customer {n}", created_at=now) for n in range(number)
    )
    Contact.objects.bulk_create(
        Contact(
            customer=customer,
            name="Lena",
            email=f"legal@c{n}.example",
            role="legal",
            created_at=now,
        )
        for n, customer in enumerate(customers)
    )
    first = PolicyVersion.objects.get(number=1)
    Activation.objects.bulk_create(
        Activation(
            customer_id=customer.pk,
            version=first,
            kind="accepted",
            given_on=now.date(),
            effective_on=now.date(),
        )
        for customer in customers
    )


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_p4_ten_thousand_customers_are_told_once_though_the_sender_is_killed_ten_times(
    scene: Scene, smtp: MailServer, live: Live, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    crowd(10_000)
    made = scene.announce()
    schedule.release(now=clock.now())
    began = time.monotonic()
    schedule.write_all(now=clock.now(), seconds=1200)
    written = time.monotonic() - began
    chance = random.Random(7)
    began = time.monotonic()
    for _ in range(KILLS):
        with sender(live, settings.EMAIL_PORT) as process:
            taken = len(smtp.mails)
            while len(smtp.mails) == taken:
                time.sleep(0.01)
            time.sleep(chance.uniform(0.2, 3.0))
            process.send_signal(signal.SIGKILL)
            assert process.wait(60) == -signal.SIGKILL
    with sender(live, settings.EMAIL_PORT, seconds=1500) as last:
        out, _ = last.communicate(timeout=1600)
        assert last.returncode == 0
    took = time.monotonic() - began
    lost = Delivery.objects.filter(state=State.SENDING).count()
    ids = [str(mail["Message-ID"]) for mail in smtp.mails]
    recipients = [to[0] for to in smtp.to]
    said = json.loads(out)
    with capsys.disabled():
        sys.stdout.write(
            f"\n  written in {written:.0f} s, sent in {took:.0f} s, {len(ids)} mails,"
            f" {len(ids) - len(set(ids))} twice, {lost} lost claims, memory of the last sender"
            f" {said['before']} MB before and {said['after']} MB after {said['sent']} mails\n"
        )
    assert len(set(ids)) == len(ids)
    assert len(set(recipients)) == len(recipients)
    assert lost <= KILLS
    sent = Delivery.objects.filter(state=State.SENT).count()
    assert sent == 10_000 - lost
    assert Activation.objects.filter(kind="noticed").count() == sent
    assert sent <= len(ids) <= sent + lost
    Delivery.objects.filter(state=State.SENDING).update(
        claimed_at=clock.host_now() - send.LONGEST * 1.1
    )
    send.give_up_on_lost_claims(clock.host_now())
    found = queries.progress(made, now=clock.now())
    assert found.notices == 10_000
    assert found.given + lost == 10_000
    # Memory does not grow with the mails.
    assert said["after"] - said["before"] < 40
