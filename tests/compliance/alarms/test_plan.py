"""Who is told what: each beginning once, each day once, each end once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from compliance.alarms import plan
from compliance.alarms.models import Alarm, AlarmMail
from compliance.people.models import User
from tests.compliance.alarms.conftest import Time, officer, seen

pytestmark = pytest.mark.django_db
CODE = "clock_not_trusted"
State = AlarmMail.State


def planned() -> list[tuple[str, str, int, str]]:
    mails = AlarmMail.objects.order_by("recipient__email", "next_try_at", "event", "number")
    return [(m.recipient.email.partition("@")[0], m.event, m.number, m.state) for m in mails]


def sent(time: Time, state: str = State.SENT) -> None:
    """Whatever waits was sent, or was not."""
    waiting = AlarmMail.objects.filter(state=State.WAITING)
    arrived = time.now if state == State.SENT else None
    waiting.update(state=state, claimed_at=time.now, sent_at=arrived)


def test_every_officer_is_told_of_the_beginning_once(time: Time) -> None:
    officer("olga")
    officer("omar")
    for _ in range(3):
        seen(CODE, now=time.now)
        sent(time)
        time.passes(minutes=1)
    assert planned() == [("olga", "began", 0, "sent"), ("omar", "began", 0, "sent")]


def test_officers_who_were_switched_off_are_not_told(time: Time) -> None:
    User.objects.filter(pk=officer("omar").pk).update(is_active=False)
    officer("olga")
    seen(CODE, now=time.now)
    assert planned() == [("olga", "began", 0, "waiting")]


def test_without_an_officer_the_administrators_are_told(time: Time) -> None:
    User.objects.create_superuser("root@sandglass.example")
    assert [user.email for user in plan.officers()] == ["root@sandglass.example"]
    officer("olga")
    assert [user.email for user in plan.officers()] == ["olga@sandglass.example"]


def test_an_officer_who_comes_later_is_told_too(time: Time) -> None:
    seen(CODE, now=time.now)
    assert planned() == []
    officer("olga")
    seen(CODE, now=time.passes(days=3))
    assert planned() == [("olga", "began", 0, "waiting")]


def test_what_lasts_is_told_again_once_a_day(time: Time) -> None:
    officer("olga")
    seen(CODE, now=time.now)
    sent(time)
    for _ in range(49):
        seen(CODE, now=time.passes(hours=1))
        sent(time)
    assert [(event, number) for _, event, number, _ in planned()] == [
        ("began", 0),
        ("reminder", 1),
        ("reminder", 2),
    ]


def test_days_without_anybody_looking_are_one_reminder(time: Time) -> None:
    officer("olga")
    seen(CODE, now=time.now)
    sent(time)
    seen(CODE, now=time.passes(days=5))
    assert planned()[1:] == [("olga", "reminder", 5, "waiting")]


def test_a_reminder_that_was_never_sent_is_overtaken_by_the_next(time: Time) -> None:
    officer("olga")
    seen(CODE, now=time.now)
    sent(time)
    for _ in range(2):
        seen(CODE, now=time.passes(days=1))
    assert planned()[1:] == [("olga", "reminder", 1, "dropped"), ("olga", "reminder", 2, "waiting")]


def test_a_beginning_that_waits_needs_no_reminder(time: Time) -> None:
    officer("olga")
    seen(CODE, now=time.now)
    seen(CODE, now=time.passes(days=3))
    assert planned() == [("olga", "began", 0, "waiting")]


@pytest.mark.parametrize("state", [State.UNSURE, State.REFUSED])
def test_where_the_first_may_not_have_arrived_the_reminder_comes_sooner(
    time: Time, state: str
) -> None:
    officer("olga")
    seen(CODE, now=time.now)
    sent(time, state)
    seen(CODE, now=time.passes(minutes=59))
    assert len(planned()) == 1
    seen(CODE, now=time.passes(minutes=1))
    seen(CODE, now=time.passes(minutes=1))
    assert planned()[1:] == [("olga", "reminder", 0, "waiting")]


def test_whoever_was_told_of_the_beginning_is_told_of_the_end(time: Time) -> None:
    olga, _omar = officer("olga"), officer("omar")
    seen(CODE, now=time.now)
    sent(time)
    olga.groups.clear()
    officer("oona")
    seen(now=time.passes(minutes=1))
    time.passes(minutes=10)
    seen(now=time.now)
    seen(now=time.passes(minutes=1))
    ended = {(who, state) for who, event, _, state in planned() if event == "ended"}
    assert ended == {("olga", "waiting"), ("omar", "waiting"), ("oona", "waiting")}


def test_an_end_overtakes_what_was_never_sent(time: Time) -> None:
    officer("olga")
    seen(CODE, now=time.now)
    seen(now=time.passes(minutes=1))
    seen(now=time.passes(minutes=10))
    assert planned() == [("olga", "began", 0, "dropped"), ("olga", "ended", 0, "waiting")]


def test_the_database_takes_no_second_beginning(time: Time) -> None:
    olga = officer()
    alarm = Alarm.objects.create(kind=CODE, began_at=time.now)
    row = {"alarm": alarm, "recipient": olga, "event": "began", "next_try_at": time.now}
    AlarmMail.objects.create(**row)
    with pytest.raises(IntegrityError), transaction.atomic():
        AlarmMail.objects.create(**row)


def test_a_row_names_the_person_by_login_only(time: Time) -> None:
    officer("olga")
    seen(CODE, now=time.now)
    mail = AlarmMail.objects.get()
    values = AlarmMail.objects.filter(pk=mail.pk).values().get().values()
    assert not any("olga" in str(value) for value in values)
    assert mail.next_try_at - time.now < timedelta(seconds=1)
