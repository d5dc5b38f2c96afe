"""Who is to be told what: rows that wait to be sent. Each can exist only once (unique constraint).

A beginning to every officer, a reminder for each further day, an end to whoever was to be told of
the beginning. What was overtaken before it could be sent is dropped: nobody gets a mail that says
less than the next one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from compliance.alarms.models import Alarm, AlarmMail
from compliance.people.models import User
from compliance.people.roles import StaffRole

DAY = timedelta(days=1)
# Where the first mail may not have arrived, the reminder does not wait for a day.
SOONER = timedelta(hours=1)
Event, State = AlarmMail.Event, AlarmMail.State
DOUBTFUL = (State.UNSURE, State.REFUSED)


def officers() -> list[User]:
    """Everybody who gets alarms: active officers, or administrators where there is no officer."""
    active = User.objects.filter(is_active=True)
    found = list(active.filter(groups__name=StaffRole.OFFICER.value))
    return found or list(active.filter(is_superuser=True))


def mails(ended: Iterable[Alarm], *, now: datetime) -> None:
    """Plan what is to be told now. Belongs to the transaction in which alarms begin and end."""
    lasting = list(
        Alarm.objects.filter(ended_at=None, raised_at__isnull=False).prefetch_related("mails")
    )
    people = officers() if lasting else []
    for alarm in lasting:
        for person in people:
            told = [mail for mail in alarm.mails.all() if mail.recipient_id == person.pk]
            _tell(alarm, person, told, now)
    for alarm in ended:
        _tell_the_end(alarm, now)


def _tell(alarm: Alarm, person: User, told: Sequence[AlarmMail], now: datetime) -> None:
    began = next((mail for mail in told if mail.event == Event.BEGAN), None)
    if began is None:
        _plan(alarm, person, Event.BEGAN, 0, now)
        return
    number = reminder_due(began, now)
    reminders = [mail for mail in told if mail.event == Event.REMINDER]
    if number is None or any(mail.number >= number for mail in reminders):
        return
    _drop(alarm, person)
    _plan(alarm, person, Event.REMINDER, number, now)


def reminder_due(began: AlarmMail, now: datetime) -> int | None:
    """The number of the reminder that is due by now: one for each full day since the first mail."""
    first = began.sent_at or began.claimed_at
    if first is None or began.state in (State.WAITING, State.SENDING):
        return None
    if days := (now - first) // DAY:
        return days
    return 0 if began.state in DOUBTFUL and now - first >= SOONER else None


def _tell_the_end(alarm: Alarm, now: datetime) -> None:
    people = User.objects.filter(pk__in=alarm.mails.values("recipient"), is_active=True)
    for person in people:
        _drop(alarm, person)
        _plan(alarm, person, Event.ENDED, 0, now)


def _plan(alarm: Alarm, person: User, event: str, number: int, now: datetime) -> None:
    AlarmMail.objects.create(
        alarm=alarm, recipient=person, event=event, number=number, next_try_at=now
    )


def _drop(alarm: Alarm, person: User) -> None:
    alarm.mails.filter(recipient=person, state=State.WAITING).update(state=State.DROPPED)
