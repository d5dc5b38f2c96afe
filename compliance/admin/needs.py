"""What needs somebody today: each with what it is, what it means, and where to go.

A part of the product that has work for people adds its question to `ASKED`; each costs a fixed
number of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from django.conf import settings
from django.db.models import Count
from django.urls import reverse

from compliance.admin import words
from compliance.alarms import queries as queries_of_alarms
from compliance.approvals import queries as asked
from compliance.customers.models import Customer
from compliance.findings import queries as queries_of_findings
from retention.expiry import queries

# Keys are promised to be gone within 15 minutes of their instant, rows within 24 hours.
KEYS_WITHIN, ROWS_WITHIN_DAYS = time(0, 15), 1
Tone = Literal["is-bad", "is-warn", "is-quiet"]
# The more urgent first.
TONES: tuple[Tone, ...] = ("is-bad", "is-warn", "is-quiet")
STATUS: Mapping[Tone, str] = {"is-bad": "Alarm", "is-warn": "To do", "is-quiet": "Note"}


@dataclass(frozen=True, slots=True)
class Need:
    """`is-bad`: a promise is at risk. `is-warn`: somebody has to decide or look. `is-quiet`: nobody
    has to do anything.

    `alarm`: the code of the alarm about the same.
    """

    tone: Tone
    what: str
    means: str
    url: str = ""
    link: str = ""
    alarm: str = ""

    @property
    def status(self) -> str:
        """The tone in a word, since colour alone tells nobody."""
        return STATUS[self.tone]


def behind(now: datetime) -> Iterator[Need]:
    """Anything that is past its date, and anything that does not add up."""
    found, groups = queries.behind(now.date()), reverse("admin:retention_cell_changelist")
    today = now.date()
    late = found.keys_since and (found.keys_since < today or now.time() >= KEYS_WITHIN)
    if late:
        yield Need(
            "is-bad",
            f"Deletion is overdue: {_count(found.items, 'item')} in"
            f" {_count(found.keys, 'day group')}, the oldest since {words.day(found.keys_since)}",
            "Nobody can read them, but their keys still exist. The run comes by every minute.",
            f"{groups}?until=due", "Which ones", "deletion_overdue",
        )  # fmt: skip
    if found.rows_since and found.rows_since < today - timedelta(days=ROWS_WITHIN_DAYS):
        yield Need(
            "is-bad",
            f"Removal is overdue: {_count(found.rows, 'day group')}, the oldest since"
            f" {words.day(found.rows_since)}",
            "Their keys are destroyed, so they are unreadable everywhere; a long-running read keeps"
            " them in the database.",
            f"{groups}?state=shredded", "Which ones", "removal_overdue",
        )  # fmt: skip
    if found.blocked:
        yield Need(
            "is-bad",
            f"The count check failed for {_count(found.blocked, 'day group')}",
            "Their items and their counts differ, so they are not destroyed until somebody has"
            " looked.",
            groups, "Day groups", "count_mismatch",
        )  # fmt: skip


def alarms(now: datetime) -> Iterator[Need]:
    """Every alarm that is on; the page of the service says more about each."""
    for shown in queries_of_alarms.on():
        kind = shown.kind
        yield Need(
            "is-bad", kind.title, kind.means, f"{reverse('admin:health')}#{kind.code}",
            "Since when, and what to do", kind.code,
        )  # fmt: skip


def set_up(now: datetime) -> Iterator[Need]:
    """What was left out when the service was set up; a demonstration needs neither."""
    tone: Tone = "is-quiet" if settings.DEMO else "is-warn"
    service = reverse("admin:health")
    if why := queries_of_alarms.cannot_mail():
        why = why.removeprefix("Alarms are not mailed: ")
        yield Need(
            tone, "Alarms are not mailed", f"They show on these pages only: {why}",
            f"{service}#cannot-mail", "Alarms and mail",
        )  # fmt: skip
    if not settings.VAULT_COPY:
        yield Need(
            tone,
            "No copy of the encryption keys is set up",
            "If they were lost, everything that is kept would be unreadable. Ask whoever runs the"
            " service to set VAULT_COPY.",
            f"{service}#minute", "Copy of the keys",
        )  # fmt: skip


def approvals(now: datetime) -> Iterator[Need]:
    """What waits for a second person."""
    waiting = list(asked.waiting())
    if not waiting:
        return
    since = ago(now - waiting[0].asked_at)
    yield Need(
        "is-warn",
        f"{_count(len(waiting), 'approval')} {'waits' if len(waiting) == 1 else 'wait'} for a"
        f" second person, the oldest asked for {since}",
        "An approver decides, or their deputy. Reminders go out daily.",
        reverse("admin:approvals"), "Decide",
    )  # fmt: skip


def customers(now: datetime) -> Iterator[Need]:
    """Customers that are not simply active."""
    states = Customer.objects.filter(state__in=("suspended", "leaving")).values_list("state")
    for state, number in states.annotate(Count("pk")).order_by("state"):
        verb = "is" if number == 1 else "are"
        yield Need(
            "is-warn",
            f"{_count(number, 'customer')} {verb} {state}",
            "Nothing new is taken in; what is kept goes on its dates."
            if state == "suspended"
            else "What they want to keep must be handed out before their data is deleted.",
            reverse("admin:compliance_customer_changelist") + f"?state__exact={state}",
            "Which ones",
        )


def findings(now: datetime) -> Iterator[Need]:
    """What officers have not worked off yet."""
    number, without = queries_of_findings.still_open()
    if number:
        verb = "is" if number == 1 else "are"
        whose = f"{without:,} of them without an owner" if without else "each with an owner"
        yield Need(
            "is-warn",
            f"{_count(number, 'finding')} {verb} open, {whose}",
            "AI calls that were flagged, and what could not be done: explain, fix or accept them.",
            reverse("admin:findings"),
            "Work them off",
        )


ASKED: list[Callable[[datetime], Iterator[Need]]] = [
    behind, alarms, approvals, findings, customers, set_up,
]  # fmt: skip


def everything(now: datetime) -> list[Need]:
    """All that needs somebody: alarms first, what is only to be known last.

    What was counted here tells more than the alarm about the same, which is then left out.
    """
    found: list[Need] = []
    for need in (need for ask in ASKED for need in ask(now)):
        if not need.alarm or need.alarm not in {other.alarm for other in found}:
            found.append(need)
    return sorted(found, key=lambda need: TONES.index(need.tone))


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def ago(passed: timedelta) -> str:
    """How long ago, roughly: `less than a minute ago`, `3 hours ago`."""
    minutes = int(passed.total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{_count(minutes // size, unit)} ago"
    return "less than a minute ago"
