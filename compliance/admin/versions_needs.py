"""What needs somebody about versions and their notices, for the first page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from compliance.admin import needs
from compliance.admin.needs import Need
from compliance.admin.versions_approval import VERSION
from compliance.admin.versions_page import url
from compliance.approvals.models import ApprovalRequest
from compliance.notices.models import Announcement, Delivery, Notice, Objection
from retention.policies.models import PolicyVersion

ANNOUNCE_WITHIN, REMIND_BEFORE = timedelta(days=3), timedelta(days=7)
# A day to make up for a reminder, before it counts as missed.
REMINDED_WITHIN = timedelta(days=1)


def policy(now: datetime) -> Iterator[Need]:
    """Versions on which somebody has to act."""
    waiting = ApprovalRequest.objects.filter(kind=VERSION, decision="")
    # What waits for a second person stands among the approvals.
    asked = set(waiting.values_list("subject", flat=True))
    found = PolicyVersion.objects.filter(state__in=("draft", "approved")).order_by("number")
    for version in found[:3]:
        if version.state == "approved":
            yield _approved(version, now)
        elif str(version.pk) not in asked:
            yield _draft(version)


def _draft(version: PolicyVersion) -> Need:
    return Need(
        "is-warn",
        f"{version} of the policy is a draft",
        "It binds nobody before it was approved and announced.",
        url("change", version),
        "Read it",
    )


def _approved(version: PolicyVersion, now: datetime) -> Need:
    since = now - version.approved_at if version.approved_at else timedelta()
    late = f", for {since.days} days" if since >= ANNOUNCE_WITHIN else ""
    return Need(
        "is-warn",
        f"{version} of the policy is approved and not announced{late}",
        "Its 30 days of notice do not run before it is announced. Announce or withdraw it.",
        url("change", version),
        "Read it",
    )


def notices(now: datetime) -> Iterator[Need]:
    """Customers of a change that were not told, mails of which nobody knows, missed reminders."""
    mails = Delivery.objects.filter(notice=OuterRef("pk"), channel=Delivery.Channel.MAIL)
    going = mails.filter(state__in=("waiting", "sending"))
    unsure = mails.filter(state=Delivery.State.UNSURE)
    reminded = mails.filter(purpose=Delivery.Purpose.REMINDER)
    soon = Q(
        activation__effective_on__gt=now.date(),
        activation__effective_on__lt=now.date() + REMIND_BEFORE - REMINDED_WITHIN,
    )
    rows = (
        Notice.objects.filter(closed_at=None, announcement__kind=Announcement.Kind.CHANGE)
        .exclude(customer__state="erased")
        .order_by()
        .values("announcement__version")
        .annotate(
            not_told=Count("pk", filter=Q(activation=None) & ~Q(Exists(going))),
            unsure=Count("pk", filter=Q(Exists(unsure))),
            missed=Count("pk", filter=soon & ~Q(Exists(reminded))),
        )
        .filter(Q(not_told__gt=0) | Q(unsure__gt=0) | Q(missed__gt=0))
    )
    found = list(rows)
    versions = PolicyVersion.objects.in_bulk([row["announcement__version"] for row in found])
    for row in found:
        yield from _of_version(versions[row["announcement__version"]], row)


def _of_version(version: PolicyVersion, row: Mapping[str, Any]) -> Iterator[Need]:
    where = f"{url('progress', version)}?of=change&place="
    if number := row["not_told"]:
        yield Need(
            "is-warn",
            f"{_customers(number)} not told of {version}",
            "The old policy stays for them until somebody reaches them.",
            f"{where}not_reached", "Who, and what to do",
        )  # fmt: skip
    if number := row["unsure"]:
        yield Need(
            "is-warn",
            f"{version}: {_customers(number)} may have had their mail, or not",
            "The sender stopped in between. Find out, or send it again: never by itself.",
            f"{where}unsure", "Which ones",
        )  # fmt: skip
    if number := row["missed"]:
        yield Need(
            "is-bad",
            f"{version}: {_customers(number)} not reminded 7 days before",
            "The change applies all the same. Look whether mails go out.",
            url("progress", version), "How far it is",
        )  # fmt: skip


def objections(now: datetime) -> Iterator[Need]:
    """Those on which nobody has decided."""
    if number := Objection.objects.filter(decided_at=None).count():
        yield Need(
            "is-warn",
            f"{number:,} objection{'' if number == 1 else 's'} to be decided",
            "Until then the version that keeps less applies to that customer.",
            reverse("admin:objections"), "Decide",
        )  # fmt: skip


def _customers(number: int) -> str:
    return f"{number:,} customer{'' if number == 1 else 's'}"


needs.ASKED += [policy, notices, objections]
