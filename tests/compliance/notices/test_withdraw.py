"""P4: announcing and taking back: each in one transaction, and whoever heard of it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from compliance.notices import send, settle
from compliance.notices.announce import announce
from compliance.notices.errors import NeedsAPerson, ReplyNotConfirmed
from compliance.notices.models import Announcement, Delivery, Notice, ReplyCheck
from compliance.notices.withdraw import withdraw
from retention import clock
from retention.actor import SYSTEM, Actor
from retention.errors import AlreadyInForce, AnotherPending, TooEarly
from retention.ledger.models import Entry
from retention.policies.models import Activation, PolicyVersion
from retention.policies.publish import earliest_effect
from retention.policies.rules import Period
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


def take_back(scene: Scene) -> Announcement | None:
    version = PolicyVersion.objects.get(number=2)
    return withdraw(version, by=scene.by, now=clock.now())


def test_of_what_was_never_announced_nobody_needs_to_be_told(scene: Scene) -> None:
    scene.approved()
    assert take_back(scene) is None
    assert PolicyVersion.objects.get(number=2).state == "withdrawn"
    assert not Announcement.objects.exists()


def test_announcing_needs_an_address_for_answers_that_was_tested_in_the_last_30_days(
    scene: Scene,
) -> None:
    version = scene.approved()
    day = earliest_effect(clock.today())

    def attempt() -> Announcement:
        return announce(
            version, takes_effect_on=day, reply_to=REPLY_TO, by=scene.by, now=clock.now()
        )

    with pytest.raises(ReplyNotConfirmed):
        attempt()
    scene.confirm()
    ReplyCheck.objects.update(confirmed_at=clock.now() - timedelta(days=30, seconds=1))
    with pytest.raises(ReplyNotConfirmed):
        attempt()
    version.refresh_from_db()
    assert version.state == "approved"
    scene.confirm()
    assert attempt().entry.kind == "policy:version:announced"


@pytest.mark.parametrize("by", [SYSTEM, Actor("key")])
def test_a_person_announces(scene: Scene, by: Actor) -> None:
    scene.confirm()
    with pytest.raises(NeedsAPerson):
        announce(
            scene.approved(),
            takes_effect_on=earliest_effect(clock.today()),
            reply_to=REPLY_TO,
            by=by,
            now=clock.now(),
        )


def test_what_the_engine_refuses_leaves_no_announcement(scene: Scene) -> None:
    scene.confirm()
    version = scene.approved()
    with pytest.raises(TooEarly):
        announce(
            version,
            takes_effect_on=earliest_effect(clock.today()) - timedelta(days=1),
            reply_to=REPLY_TO,
            by=scene.by,
            now=clock.now(),
        )
    assert not Announcement.objects.exists()
    assert not Entry.objects.filter(kind="policy:version:announced").exists()


def test_a_failure_after_the_version_was_announced_leaves_it_approved(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from compliance.notices import announce as module

    def dies(*_: object) -> None:
        raise RuntimeError("here")

    monkeypatch.setattr(module, "_close_older", dies)
    with pytest.raises(RuntimeError):
        scene.announce()
    assert PolicyVersion.objects.get(number=2).state == "approved"
    assert not Announcement.objects.exists()


def test_withdrawing_voids_what_was_given_and_tells_whoever_may_have_heard(
    scene: Scene, smtp: MailServer
) -> None:
    told = scene.customer("Told", "legal@told.example")
    gone = scene.customer("Gone", "legal@gone.example")
    scene.announce()
    scene.write()
    first = Delivery.objects.get(address="legal@told.example")
    mail = send.claim(first.pk, clock.host_now())
    assert mail is not None
    settle.handed_over(mail, provider_id="", now=clock.now())
    assert activation_of(told) is not None
    take_back(scene)
    assert activation_of(told) is None
    assert {notice.closed_at is not None for notice in Notice.objects.all()} == {True}
    assert states(notice=notice_of(gone)) == [(State.DROPPED, "notice_closed")]
    assert scene.send() == 1
    [withdrawal] = smtp.mails
    assert "withdrawn" in str(withdrawal["Subject"])
    assert "AI responses: 6 months" in withdrawal.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    # In one thread with the notice that it takes back.
    assert first.notice.deliveries.get().message_id in str(withdrawal["References"])
    assert smtp.to == [["legal@told.example"]]


def test_withdrawing_while_mails_go_out_gives_nobody_notice(scene: Scene, smtp: MailServer) -> None:
    for number in range(12):
        scene.customer(f"C{number}", f"legal@c{number}.example")
    scene.announce()
    scene.write()
    assert at_once(send.send_waiting, send.send_waiting, lambda: take_back(scene)) == []
    send.send_waiting()
    standing = Activation.objects.filter(kind="noticed", voided_at=None)
    assert not standing.exists()
    assert not Notice.objects.exclude(activation=None).exists()
    heard = sum("withdrawn" not in str(subject) for subject in smtp.subjects())
    scene.send()
    assert len(smtp.mails) == 2 * heard


def test_a_mail_that_was_claimed_before_the_withdrawal_gives_nothing(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.write()
    mail = send.claim(Delivery.objects.get().pk, clock.host_now())
    assert mail is not None
    take_back(scene)
    settle.handed_over(mail, provider_id="", now=clock.now())
    assert states() == [(State.SENT, "")]
    assert activation_of(acme) is None
    # It went out, so it is taken back.
    assert scene.send() == 1


def test_what_applies_to_somebody_is_not_withdrawn(scene: Scene, smtp: MailServer) -> None:
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    scene.passes(days=32)
    with pytest.raises(AlreadyInForce):
        take_back(scene)
    assert not Notice.objects.exclude(closed_at=None).exists()


def test_one_change_at_a_time(scene: Scene) -> None:
    scene.announce()
    with pytest.raises(AnotherPending):
        scene.announce(response=Period(days=60))
    assert Announcement.objects.count() == 1


def test_a_newer_announcement_closes_what_was_not_given_of_an_older_one(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme")
    bank = scene.customer("Bank", "legal@bank.example")
    scene.announce()
    scene.send()
    scene.passes(days=33)
    scene.announce(response=Period(days=60))
    assert notice_of(acme).closed_at is not None
    assert notice_of(bank).closed_at is None
    scene.contact(acme, "legal@acme.example")
    assert scene.send() == 2
    assert smtp.to[1:] == [["legal@bank.example"], ["legal@acme.example"]] or len(smtp.to) == 3
    text = Notice.objects.get(customer=acme, announcement__version__number=3).text
    # It compares with what binds Acme: version 1, since version 2 never reached it.
    assert "AI responses: 6 months → 60 days" in text
    assert "version 1 → version 3" in text


def test_withdrawing_the_newer_one_opens_again_what_it_had_closed(
    scene: Scene, smtp: MailServer
) -> None:
    acme = scene.customer("Acme")
    scene.customer("Bank", "legal@bank.example")
    scene.announce()
    scene.send()
    scene.passes(days=33)
    newer = scene.announce(response=Period(days=60))
    scene.send()
    withdraw(newer.version, by=scene.by, now=clock.now())
    older = Notice.objects.get(customer=acme, announcement__version__number=2)
    assert older.closed_at is None
    assert not Notice.objects.filter(announcement=newer, closed_at=None).exists()
    scene.contact(acme, "legal@acme.example")
    scene.send()
    older.refresh_from_db()
    assert older.activation is not None
    assert older.activation.effective_on == clock.today() + timedelta(days=31)


def test_what_still_waited_when_it_was_closed_waits_again(scene: Scene) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.write()
    scene.passes(days=33)
    older = notice_of(acme)
    newer = scene.announce(response=Period(days=60))
    assert states(notice=older) == [("dropped", "notice_closed")]
    withdraw(newer.version, by=scene.by, now=clock.now())
    assert states(notice=older) == [("waiting", "")]


def test_a_change_is_compared_with_what_was_told_before_and_is_still_to_come(
    scene: Scene, smtp: MailServer
) -> None:
    """With 90 days of notice version 2 applies long after version 3 was announced."""
    bank = scene.customer("Bank", "legal@bank.example", notice_days=90)
    scene.announce()
    scene.send()
    scene.passes(days=33)
    scene.announce(response=Period(days=60))
    scene.send()
    notice = Notice.objects.get(customer=bank, announcement__version__number=3)
    assert "AI responses: 90 days → 60 days" in notice.text
    assert notice.activation is not None
    assert notice.stated_on == notice.activation.effective_on


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE compliance_announcement SET takes_effect_on = takes_effect_on - 1",
        "UPDATE compliance_announcement SET reply_to = 'x@y.example'",
        "UPDATE compliance_announcement SET released_at = NULL",
        "UPDATE compliance_notice SET text = 'x'",
        "UPDATE compliance_notice SET stated_on = stated_on - 1",
        "UPDATE compliance_delivery SET address = 'x@y.example'",
        "UPDATE compliance_delivery SET sent_at = sent_at - interval '1 day'",
        "UPDATE compliance_delivery SET headers = '{}'",
        "UPDATE compliance_delivery SET state = 'waiting'",
        "DELETE FROM compliance_delivery",
        "DELETE FROM compliance_notice",
        "DELETE FROM compliance_announcement",
        "TRUNCATE compliance_mailevent",
        "TRUNCATE compliance_announcement CASCADE",
    ],
)
def test_p4_what_was_told_stays_as_it_was_told_whoever_comes_with_sql(
    scene: Scene, smtp: MailServer, statement: str
) -> None:
    scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


def test_nothing_is_released_before_its_entry_is_signed(scene: Scene) -> None:
    made = scene.announce(signed=False)
    with pytest.raises(IntegrityError):
        Announcement.objects.filter(pk=made.pk).update(released_at=clock.now())


def test_raw_sql_opens_nothing_again_while_the_newer_version_stands(scene: Scene) -> None:
    acme = scene.customer("Acme")
    scene.announce()
    scene.write()
    scene.passes(days=33)
    scene.announce(response=Period(days=60))
    closed = Notice.objects.get(customer=acme, announcement__version__number=2)
    with pytest.raises(IntegrityError, match="stays closed"), transaction.atomic():
        Notice.objects.filter(pk=closed.pk).update(closed_at=None)
