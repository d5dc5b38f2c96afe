"""Alarms as pages show them: what is on, what was, and whether anybody was mailed about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import QuerySet

from compliance.alarms import plan
from compliance.alarms.kinds import KINDS, Kind
from compliance.alarms.models import Alarm, AlarmMail
from compliance.mail.server import has_mail_server

State = AlarmMail.State
WHY = {
    "no_mail_server": "no mail server is set (EMAIL_URL)",
    "no_connection": "the mail server cannot be reached",
    "connection_lost": "the mail server did not confirm it",
    "process_died": "the process that sent it ended meanwhile",
    "bad_address": "an address cannot be mailed to",
    "switched_off": "the login was switched off",
}


@dataclass(frozen=True, slots=True)
class Shown:
    """An alarm with its words. `reached`: at least one person was surely mailed about it."""

    alarm: Alarm
    kind: Kind
    mailed: str
    reached: bool


def on() -> list[Shown]:
    """Every alarm that is on, the oldest first; two queries."""
    return _shown(_raised().filter(ended_at=None).order_by("began_at", "kind"))


def past(limit: int) -> list[Shown]:
    """The last alarms that are over, the newest first; two queries."""
    return _shown(_raised().filter(ended_at__isnull=False).order_by("-ended_at", "kind")[:limit])


def kinds_on() -> set[str]:
    """The codes of the alarms that are on."""
    return set(_raised().filter(ended_at=None).values_list("kind", flat=True))


def cannot_mail() -> str:
    """Why no alarm could be mailed to anybody, or nothing."""
    if not has_mail_server():
        return f"Alarms are not mailed: {WHY['no_mail_server']}."
    if not plan.officers():
        return "Alarms are not mailed: there is no active officer to mail."
    return ""


def _raised() -> QuerySet[Alarm]:
    known = Alarm.objects.filter(raised_at__isnull=False, kind__in=KINDS)
    return known.prefetch_related("mails")


def _shown(alarms: Iterable[Alarm]) -> list[Shown]:
    return [_one(alarm, list(alarm.mails.all())) for alarm in alarms]


def _one(alarm: Alarm, mails: Sequence[AlarmMail]) -> Shown:
    reached = any(mail.state == State.SENT for mail in mails)
    return Shown(alarm, KINDS[alarm.kind], mailed(mails), reached)


def mailed(mails: Sequence[AlarmMail]) -> str:
    """What became of the mails, in a sentence for each outcome."""
    if not mails:
        return "Nobody was mailed: there is no active officer."
    counts = Counter((mail.state, mail.trouble) for mail in mails if mail.state != State.DROPPED)
    return " ".join(_outcome(*key, number) for key, number in sorted(counts.items()))


def _outcome(state: str, trouble: str, number: int) -> str:
    mails = f"{number} mail{'' if number == 1 else 's'}"
    why = f": {_why(trouble)}" if trouble else ""
    return {
        State.SENT: f"{mails} sent.",
        State.SENDING: f"{mails} being sent.",
        State.WAITING: f"{mails} not sent yet{why}.",
        State.UNSURE: f"{mails} may not have arrived{why}.",
        State.REFUSED: f"{mails} refused by the mail server{why}.",
    }[State(state)]


def _why(trouble: str) -> str:
    answered = trouble.removeprefix("answered_")
    return f"it answered {answered}" if answered != trouble else WHY.get(trouble, trouble)
