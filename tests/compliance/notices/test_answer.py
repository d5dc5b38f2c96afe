"""P4: what customers say to a notice, and what follows from each outcome."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from compliance.notices.answer import acknowledge, decide, object_to
from compliance.notices.errors import (
    AlreadyObjected,
    BadOutcome,
    NeedsAPerson,
    NotAChange,
    NoticeClosed,
    StaleObjection,
)
from compliance.notices.models import Notice, Objection
from compliance.notices.withdraw import withdraw
from retention import clock
from retention.actor import SYSTEM, Actor
from retention.ledger.models import Entry
from retention.policies.models import PolicyVersion, ProfileChoice, Stay
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene, notice_of


@pytest.fixture
def told(scene: Scene, smtp: MailServer) -> Notice:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    scene.send()
    return notice_of(acme)


def contact(notice: Notice) -> Actor:
    return Actor("contact", notice.customer.contacts.get().pk)


def objected(notice: Notice) -> Objection:
    return object_to(notice, by=contact(notice), text="We need six months.", now=clock.now())


def settled(objection: Objection, scene: Scene, outcome: str, until: date | None = None) -> Stay:
    decide(objection, outcome=outcome, until=until, note="N", by=scene.by, now=clock.now())
    assert objection.stay
    objection.stay.refresh_from_db()
    return objection.stay


def test_an_acknowledgement_is_recorded_once(told: Notice) -> None:
    assert acknowledge(told, by=contact(told), now=clock.now()) is True
    assert acknowledge(told, by=SYSTEM, now=clock.now()) is False
    told.refresh_from_db()
    assert told.acknowledged_by == f"contact:{told.customer.contacts.get().pk}"
    assert Entry.objects.filter(kind="notice:customer:acknowledged").count() == 1


def test_an_objection_keeps_the_older_rules_in_force_beside_the_new_ones(told: Notice) -> None:
    objection = objected(told)
    assert objection.stay is not None
    assert (objection.stay.kept.number, objection.stay.last_day) == (1, None)
    with pytest.raises(AlreadyObjected):
        objected(told)


def test_accepted_ends_the_stay_today(told: Notice, scene: Scene) -> None:
    assert settled(objected(told), scene, "accepted").last_day == clock.today()


def test_an_exception_ends_on_its_day(told: Notice, scene: Scene) -> None:
    until = clock.today() + timedelta(days=90)
    objection = objected(told)
    assert settled(objection, scene, "exception", until).last_day == until
    assert objection.until == until


def test_stricter_keeps_as_little_as_possible(told: Notice, scene: Scene) -> None:
    assert settled(objected(told), scene, "stricter").last_day == clock.today()
    newest = ProfileChoice.objects.filter(customer_id=told.customer_id).latest("pk")
    assert newest.profile == "minimal"


def test_who_leaves_keeps_its_stay(told: Notice, scene: Scene) -> None:
    assert settled(objected(told), scene, "leaves").last_day is None
    told.customer.refresh_from_db()
    assert told.customer.state == "leaving"


@pytest.mark.parametrize(
    ("outcome", "days"),
    [("exception", None), ("exception", -1), ("accepted", 5), ("unknown", None), ("", None)],
)
def test_an_exception_alone_has_a_day_and_that_day_is_to_come(
    told: Notice, scene: Scene, outcome: str, days: int | None
) -> None:
    until = None if days is None else clock.today() + timedelta(days=days)
    objection = objected(told)
    with pytest.raises(BadOutcome):
        decide(objection, outcome=outcome, until=until, note="", by=scene.by, now=clock.now())
    assert Objection.objects.filter(decided_at=None).count() == 1


def test_it_is_decided_once_and_by_a_person(told: Notice, scene: Scene) -> None:
    objection = objected(told)
    with pytest.raises(NeedsAPerson):
        decide(objection, outcome="accepted", note="", by=SYSTEM, now=clock.now())
    settled(objection, scene, "accepted")
    with pytest.raises(StaleObjection):
        decide(objection, outcome="leaves", note="", by=scene.by, now=clock.now())
    told.customer.refresh_from_db()
    assert told.customer.state == "active"
    kinds = Entry.objects.filter(kind__startswith="notice:objection:")
    assert sorted(kinds.values_list("kind", flat=True)) == [
        "notice:objection:decided",
        "notice:objection:made",
    ]


def test_a_failure_while_it_is_decided_leaves_it_open(
    told: Notice, scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    from compliance.notices import answer

    objection = objected(told)

    def dies(*_: Any, **__: Any) -> None:
        raise RuntimeError("here")

    monkeypatch.setattr(answer.stays, "end_stay", dies)
    with pytest.raises(RuntimeError):
        decide(objection, outcome="stricter", note="", by=scene.by, now=clock.now())
    assert Objection.objects.filter(decided_at=None).count() == 1
    newest = ProfileChoice.objects.filter(customer_id=told.customer_id).latest("pk")
    assert newest.profile == "standard"


def test_what_was_decided_stays_decided_whoever_comes_with_sql(told: Notice, scene: Scene) -> None:
    settled(objected(told), scene, "accepted")
    for change in ({"outcome": "leaves"}, {"note": "x"}, {"text": "x"}):
        with pytest.raises(IntegrityError), transaction.atomic():
            Objection.objects.update(**change)


def test_there_is_nothing_to_object_to_in_a_withdrawal(told: Notice, scene: Scene) -> None:
    withdraw(PolicyVersion.objects.get(number=2), by=scene.by, now=clock.now())
    with pytest.raises(NoticeClosed):
        objected(told)
    scene.send()
    withdrawal = Notice.objects.get(announcement__kind="withdrawal")
    with pytest.raises(NotAChange):
        objected(withdrawal)
