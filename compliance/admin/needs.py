"""What needs somebody today: each with what it is, what it means, and where to go.

A part of the product that has work for people adds its question to `ASKED`; each costs a fixed
number of queries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Literal

from django.db.models import Count
from django.urls import reverse

from compliance.admin import words
from compliance.customers.models import Customer
from retention import clock
from retention.expiry import partitions, queries
from retention.ledger.models import Entry
from retention.policies.models import PolicyVersion

# Keys are promised to be gone within 15 minutes of their instant, rows within 24 hours.
KEYS_WITHIN, ROWS_WITHIN_DAYS = time(0, 15), 1
RUN_WITHIN, SIGNED_WITHIN = timedelta(minutes=15), timedelta(minutes=5)
CLOCK = {
    "differs_from_database": "host and database do not agree about the time",
    "ran_backwards": "the host's time ran backwards",
    "jumped": "the host's time jumped",
    "jumped_while_off": "the host was off for more than a week",
}


@dataclass(frozen=True, slots=True)
class Need:
    """`is-bad`: a promise is at risk. `is-warn`: somebody has to decide or look."""

    tone: Literal["is-bad", "is-warn"]
    what: str
    means: str
    url: str = ""
    link: str = ""

    @property
    def status(self) -> str:
        """The tone in a word, since colour alone tells nobody."""
        return "Alarm" if self.tone == "is-bad" else "To do"


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
            f"{groups}?until=due", "Which ones",
        )  # fmt: skip
    if found.rows_since and found.rows_since < today - timedelta(days=ROWS_WITHIN_DAYS):
        yield Need(
            "is-bad",
            f"Removal is overdue: {_count(found.rows, 'day group')}, the oldest since"
            f" {words.day(found.rows_since)}",
            "Their keys are destroyed, so they are unreadable everywhere; a long-running read keeps"
            " them in the database.",
            f"{groups}?state__exact=shredded", "Which ones",
        )  # fmt: skip
    if found.blocked:
        yield Need(
            "is-bad",
            f"The count check failed for {_count(found.blocked, 'day group')}",
            "Their items and their counts differ, so they are not destroyed until somebody has"
            " looked.",
            groups, "Day groups",
        )  # fmt: skip


def runs(now: datetime) -> Iterator[Need]:
    """The deletion run comes by, and believes the host's clock."""
    guard = queries.guard()
    if guard and guard.alarm:
        why = CLOCK.get(guard.alarm, guard.alarm)
        yield Need(
            "is-bad",
            "Deletion is stopped: the clock is not trusted",
            f"Reason: {why}. Nothing is destroyed until an operator sets it right or confirms it.",
        )
    elif guard is None or clock.host_now() - guard.host_time > RUN_WITHIN:
        since = ago(clock.host_now() - guard.host_time) if guard else "never"
        yield Need(
            "is-bad",
            f"The deletion run does not come by (last: {since})",
            "It should come every minute. Ask an operator whether worker and scheduler run.",
        )


def log(now: datetime) -> Iterator[Need]:
    """What was done is signed soon: destruction waits for it."""
    oldest = Entry.objects.filter(signed_at=None).order_by("id").first()
    if oldest and now - oldest.created_at > SIGNED_WITHIN:
        yield Need(
            "is-bad",
            f"The activity log waits for its signature since {words.instant(oldest.created_at)}",
            "Nothing new is destroyed meanwhile. Ask an operator whether the worker runs.",
            reverse("admin:retention_entry_changelist") + "?signed=no", "Which entries",
        )  # fmt: skip


def days_ahead(now: datetime) -> Iterator[Need]:
    """Every day on which something may arrive has its place."""
    missing = set(partitions.window(now.date())) - set(partitions.existing())
    if missing:
        yield Need(
            "is-bad",
            f"There is no place for {_count(len(missing), 'day')}, the first"
            f" {words.day(min(missing))}",
            "AI calls of these days are refused and sent again later. Ask an operator.",
        )


def policy(now: datetime) -> Iterator[Need]:
    """Versions on which somebody has to decide."""
    waiting = PolicyVersion.objects.filter(state__in=("draft", "approved")).order_by("number")
    for version in waiting[:3]:
        draft = version.state == "draft"
        yield Need(
            "is-warn",
            f"{version} of the policy is " + ("a draft" if draft else "approved and not announced"),
            "It binds nobody before it was approved and announced.",
            reverse("admin:retention_policyversion_change", args=[version.pk]),
            "Read it",
        )


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


ASKED: list[Callable[[datetime], Iterator[Need]]] = [
    behind, runs, log, days_ahead, policy, customers,
]  # fmt: skip


def everything(now: datetime) -> list[Need]:
    """All that needs somebody, alarms first."""
    found = [need for ask in ASKED for need in ask(now)]
    return sorted(found, key=lambda need: need.tone != "is-bad")


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def ago(passed: timedelta) -> str:
    """How long ago, roughly: `less than a minute ago`, `3 hours ago`."""
    minutes = int(passed.total_seconds() // 60)
    for size, unit in ((1440, "day"), (60, "hour"), (1, "minute")):
        if minutes >= size:
            return f"{_count(minutes // size, unit)} ago"
    return "less than a minute ago"
