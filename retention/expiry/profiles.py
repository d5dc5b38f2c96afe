"""A customer chooses how little is kept. Keeping less reaches what is there already, at once.

Danger: under `minimal` old prompts and snippets are due today, and the rest 30 days after its day;
none of it comes back. So the choice is looked at first (`preview`, which writes nothing). The way
back to `standard` begins with the next UTC day and brings nothing back. The day is the database's
own. It lies here and not among the policies, because it reaches into cells.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from retention.actor import Actor
from retention.expiry import moves, shorten
from retention.expiry.moves import Moved
from retention.ledger.append import append
from retention.policies import queries
from retention.policies.models import ProfileChoice
from retention.policies.queries import PROFILE_RULES, Terms
from retention.policies.rules import Profile, Span


@dataclass(frozen=True, slots=True)
class Choice:
    """From when on a profile applies, and what it moves to an earlier date."""

    profile: Profile
    first_day: date
    moved: Moved


def current(terms: Terms) -> Profile:
    """What the customer chose last, also when its first day is tomorrow."""
    return terms.profiles[-1][1] if terms.profiles else Profile.STANDARD


def preview(customer: UUID, profile: Profile, *, today: date) -> Choice:
    """What choosing it on `today` would do. Raises `NoVersionInForce`."""
    terms = queries.terms(customer)
    if current(terms) is profile:
        return Choice(
            profile, terms.profiles[-1][0].first_day if terms.profiles else today, Moved()
        )
    first_day = today + timedelta(days=profile is Profile.STANDARD)
    planned = _with(terms, profile, first_day)
    found = moves.changes(moves.live_cells(customer), planned, today)
    return Choice(profile, first_day, moves.summed(found, today))


def choose(customer: UUID, profile: Profile, *, by: Actor, now: datetime) -> Choice:
    """Choose it, and move what was kept before. Chosen again it changes nothing.

    Should this die between its two steps, the next deletion run moves the rest. Raises
    `NoVersionInForce`.
    """
    terms = queries.terms(customer)
    if terms.profiles and current(terms) is profile:
        first_day = terms.profiles[-1][0].first_day
    else:
        first_day = _write(customer, profile, by, now)
    return Choice(profile, first_day, shorten.apply_to(customer, today=now.date(), now=now))


@transaction.atomic
def _write(customer: UUID, profile: Profile, by: Actor, now: datetime) -> date:
    choice = ProfileChoice.objects.create(
        customer_id=customer,
        profile=profile.value,
        first_day=now.date() + timedelta(days=profile is Profile.STANDARD),
        chosen_at=now,
    )
    choice.refresh_from_db()
    append(
        "policy:profile:chosen",
        now=now,
        customer=customer,
        facts={
            "profile": profile.value,
            "first_day": choice.first_day,
            "actor": by.kind,
            "actor_id": by.id,
        },
    )
    return choice.first_day


def _with(terms: Terms, profile: Profile, first_day: date) -> Terms:
    """The terms as they would be with that choice."""
    before = [(span, chosen) for span, chosen in terms.profiles if span.first_day < first_day]
    ended = [
        (Span(span.first_day, min(span.last_day or first_day, first_day - timedelta(days=1)),
              span.rules), chosen)
        for span, chosen in before
    ]  # fmt: skip
    new = (Span(first_day, None, PROFILE_RULES[profile]), profile)
    return replace(terms, profiles=(*ended, new))
