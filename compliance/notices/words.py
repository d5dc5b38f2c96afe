"""What a customer is told, word for word: a notice, its reminder, the withdrawal of a change.

The words are for one customer: its own deletion dates, what it chose for itself, its own day.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string

from compliance.customers.models import Customer
from compliance.notices import changes
from compliance.notices.changes import Change, Side
from compliance.notices.models import Announcement
from compliance.notices.wording import plain, wording
from retention.policies.models import PolicyVersion
from retention.policies.queries import PROFILE_RULES
from retention.policies.rules import Profile

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Words:
    """One letter's words, twice: as text and as HTML."""

    subject: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class Told:
    """Whom a letter is for, and what binds it until then."""

    customer: Customer
    notice: UUID
    before: PolicyVersion
    profile: Profile


def page_of(notice: UUID) -> str:
    """Where the customer reads it after signing in."""
    return f"{settings.PUBLIC_URL}/portal/notices/{notice}/"


def change(made: Announcement, told: Told, *, effective_on: date, reminder: bool = False) -> Words:
    """The notice of a change, or the reminder of it, with this customer's day in it."""
    on = changes.day(effective_on)
    subject = (
        f"Reminder: the data retention policy changes for you on {on}"
        if reminder
        else f"The data retention policy changes: from {on} for you"
    )
    return _words("mail/notice", subject, _of_change(made, told, effective_on, reminder))


def withdrawal(made: Announcement, told: Told) -> Words:
    """The change does not come: what applied before goes on."""
    subject = (
        f"The change of the data retention policy is withdrawn (version {made.version.number})"
    )
    facts = {"kept": told.before, "periods": _periods(told)}
    return _words("mail/withdrawal", subject, {**_of_everybody(made, told), **facts})


def _words(template: str, subject: str, facts: Mapping[str, Any]) -> Words:
    facts = {"subject": subject, **facts}
    return Words(
        subject,
        render_to_string(f"{template}.txt", facts),
        render_to_string(f"{template}.html", facts),
    )


def _of_everybody(made: Announcement, told: Told) -> dict[str, Any]:
    return {
        "customer": told.customer,
        "version": made.version,
        "reply_to": made.reply_to,
        "page": page_of(told.notice),
        "public_url": settings.PUBLIC_URL,
    }


def _of_change(
    made: Announcement, told: Told, effective_on: date, reminder: bool
) -> dict[str, Any]:
    before, after = side(told.before), side(made.version)
    changed = changes.changes(before, after, stricter=PROFILE_RULES[told.profile])
    return {
        **_of_everybody(made, told),
        "before": told.before,
        "changes": changed,
        "sections": _unchanged(after, {change.name for change in changed}),
        "paragraphs": [changes.paragraph(change, effective_on) for change in changed],
        "hidden": [] if told.profile is Profile.STANDARD else _hidden(before, after, told.profile),
        "effective_on": changes.day(effective_on),
        "object_until": changes.day(effective_on - DAY),
        "reminder": reminder,
        "policy": wording(made.version.text),
        "policy_text": plain(made.version.text),
    }


def _unchanged(side: Side, changed: Collection[str]) -> list[tuple[str, str]]:
    """What goes on to apply: purpose, exceptions, places that are not among the changes."""
    said = {name: getattr(side, field) for field, name in changes.TEXTS.items()}
    return [(name, text) for name, text in said.items() if text and name not in changed]


def _hidden(before: Side, after: Side, profile: Profile) -> list[Change]:
    return changes.hidden(before, after, stricter=PROFILE_RULES[profile])


def _periods(told: Told) -> list[str]:
    """How long each kind of data is kept under what goes on, as the customer has it."""
    return changes.periods(side(told.before).rules, PROFILE_RULES[told.profile])


def side(version: PolicyVersion) -> Side:
    """The version as far as customers are told of it."""
    return Side(
        version.rules(),
        version.context_lines,
        version.whole_files,
        version.purpose,
        version.exceptions,
        version.places,
    )
