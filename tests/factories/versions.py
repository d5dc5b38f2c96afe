"""Versions and activations of other days than the database's own.

The triggers set the day of giving from the database's clock and let nobody choose another. A story
that begins in the past therefore either moves that clock (`database_day`: every trigger at work),
or writes rows as they would have come to be (`without_triggers`: `session_replication_role` is a
superuser's, which the tests are and the application is not).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID, uuid4

from django.db import connection, transaction

from retention.actor import Actor
from retention.policies.draft import draft
from retention.policies.models import Activation, PolicyPeriod, PolicyVersion
from retention.policies.publish import announce, approve, earliest_effect
from retention.policies.rules import STANDARD_RULES, DataClass, Period, Rules

AUTHOR, APPROVER = (Actor("user", uuid4()) for _ in range(2))


@contextmanager
def without_triggers() -> Iterator[None]:
    """Rows as they would have come to be on other days."""
    with transaction.atomic(), connection.cursor() as cursor:
        # Foreign keys that wait for the end of the transaction are checked before.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        yield
        cursor.execute("SET LOCAL session_replication_role = origin")


def database_day(day: date, hour: int = 12) -> datetime:
    """From here on the database's clock, as the triggers read it, goes on from that day's hour."""
    moment = datetime.combine(day, time(hour), UTC)
    with without_triggers(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO retention_democlock (id, offset_seconds)"
            " SELECT 1, extract(epoch FROM %s - clock_timestamp())::bigint"
            " ON CONFLICT (id) DO UPDATE SET offset_seconds = excluded.offset_seconds",
            [moment],
        )
    return moment


def rules_with(**periods: Period) -> Rules:
    """Those of version 1, but for the kinds that are named."""
    changed = {DataClass(name): period for name, period in periods.items()}
    return Rules({**STANDARD_RULES.periods, **changed})


def drafted(now: datetime, *, number: int | None = None, **periods: Period) -> PolicyVersion:
    """A draft by the author, through the verb."""
    return draft(
        number=number,
        rules=rules_with(**periods),
        text="It is kept for a shorter time.",
        purpose="To judge answers.",
        exceptions="A legal hold.",
        places="One database.",
        context_lines=20,
        whole_files=False,
        reason="Nobody needs it for longer.",
        by=AUTHOR,
        now=now,
    )


def announced(
    now: datetime, *, takes_effect_on: date | None = None, **periods: Period
) -> PolicyVersion:
    """Drafted, approved by another person and announced, through the verbs."""
    version = approve(drafted(now, **periods), impact={}, by=APPROVER, now=now)
    day = takes_effect_on or earliest_effect(now.date())
    announce(version, takes_effect_on=day, by=AUTHOR, now=now)
    version.refresh_from_db()
    return version


def version_in(
    state: str,
    *,
    number: int = 2,
    text: str = "…",
    context_lines: int = 20,
    takes_effect_on: date | None = None,
    periods: Mapping[str, Period] | None = None,
) -> PolicyVersion:
    """A version that is in that state, whatever its past was."""
    chosen = rules_with(**periods or {}).periods
    with without_triggers():
        version = PolicyVersion.objects.create(
            number=number,
            state=state,
            text=text,
            context_lines=context_lines,
            takes_effect_on=takes_effect_on,
            author_id=AUTHOR.id,
            **_people_and_days(state, takes_effect_on),
        )
        PolicyPeriod.objects.bulk_create(
            PolicyPeriod(
                version=version,
                data_class=data_class.value,
                months=period.months,
                days=period.days,
                or_when_delivered=period.or_when_delivered,
            )
            for data_class, period in chosen.items()
        )
    return version


def _people_and_days(state: str, takes_effect_on: date | None) -> dict[str, object]:
    if state == "draft":
        return {}
    told = datetime.combine(takes_effect_on or date(2026, 3, 1), time(9), UTC) - timedelta(days=40)
    facts = {"approved_by": APPROVER.id, "approved_at": told, "content_hash": "0" * 64}
    return facts if state == "approved" else {**facts, "announced_at": told}


def bound_from(customer: UUID, version: PolicyVersion, day: date) -> Activation:
    """As if the customer had been given notice in time for that day."""
    with without_triggers():
        return Activation.objects.create(
            customer_id=customer,
            version=version,
            kind="noticed",
            given_on=day - timedelta(days=31),
            notice_days=30,
            effective_on=day,
        )
