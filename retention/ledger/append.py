"""The only door into the log of acts.

`append()` writes a pending entry inside the acting transaction, so the act and its entry stand or
fall together. Signing is a step of its own after commit (`sequence.py`); whatever cannot be undone
waits for `signed_at`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection

from retention.errors import LedgerRefused
from retention.ledger.models import Entry, Subject

# Every act that is ever logged, and what it means. Docs name them all (test).
KINDS: Final[Mapping[str, str]] = {
    "customer:customer:created": "a customer was created",
    "customer:customer:suspended": "a customer was suspended: nothing is accepted for it",
    "customer:customer:resumed": "a suspended customer is active again",
    "customer:customer:leaving": "a customer is leaving: nothing is accepted, it may still export",
    "customer:notice_days:changed": "a customer's days of notice were changed",
    "customer:owner:changed": "a customer has another account owner",
    "customer:reference:changed": "a customer has another reference in our books",
    "terms:version:accepted": "a customer's acceptance of our terms was recorded",
    "customer:contact:added": "a contact was added: notices may go to them",
    "customer:contact:ended": "a contact ended: nothing is sent to them any more",
    "customer:key:issued": "an API key was issued",
    "customer:key:revoked": "an API key was revoked",
    "policy:version:drafted": "a policy version was drafted",
    "policy:version:edited": "a draft was changed",
    "policy:version:discarded": "a draft was thrown away",
    "policy:version:approved": "a second person approved a policy version",
    "policy:version:announced": "a policy version was announced: every customer is told",
    "policy:version:withdrawn": "a policy version was withdrawn before it applied to anybody",
    "people:roles:changed": "a login was given other roles",
    "people:factors:removed": "an administrator took somebody's second factors away",
    "approval:request:asked": "somebody asked for the approval of a second person",
    "approval:request:approved": "a second person approved it",
    "approval:request:declined": "a second person declined it",
    "approval:request:taken_back": "whoever had asked took it back",
    "approval:deputy:appointed": "somebody was named who decides in an approver's place",
    "approval:deputy:ended": "that ended before its last day",
    "policy:version:accepted": "a customer accepted a policy version at sign-up",
    "policy:version:given": "a customer was given notice of a policy version",
    "policy:version:voided": "a notice that had been given does not count any more",
    "policy:version:applied": "a version took effect: older dates of a customer moved earlier",
    "policy:version:recorded": "a policy from before this service was entered as history",
    "policy:revision:proposed": "the correction of a typo was proposed",
    "policy:revision:approved": "a second person approved the correction of a typo",
    "policy:stay:opened": "an objection: an older version applies on, beside the newer one",
    "policy:stay:ended": "the older version's last day beside the newer one was set",
    "policy:profile:chosen": "a customer chose a profile",
    "notice:reply:confirmed": "an address for answers was tested: somebody reads it",
    "notice:customer:reached": "a customer was told of a change by phone or by letter",
    "notice:customer:acknowledged": "a customer said that it has read a notice",
    "notice:mail:again": "a mail of which nobody knew whether it went out was sent again",
    "notice:objection:made": "a customer objected to a change",
    "notice:objection:decided": "an objection was decided",
    "webhook:endpoint:added": "a customer's webhook was added: notices are posted there",
    "webhook:endpoint:ended": "a customer's webhook was ended",
    "policy:profile:applied": "a profile took effect: older dates of a customer moved earlier",
    "expiry:cells:purging": "day groups passed the point of no return; their keys go next",
    "expiry:day:purged": "keys were destroyed and items removed: a deletion record",
    "audit:call:looked_up": "staff looked an AI call up by its id: dates and state",
    "finding:group:raised": "something that an officer has to look at was raised",
    "finding:group:assigned": "findings were given to somebody",
    "finding:group:explained": "findings were explained",
    "finding:group:fixed": "findings were fixed",
    "finding:group:accepted": "findings were accepted, until a day or for good",
    "finding:group:reopened": "findings that were decided are open again",
    "finding:group:closed": "what was raised does not hold any more",
    "finding:customer:told": "a customer is written to about what its calls were flagged with",
    "audit:trail:exported": "the trail of acts and field changes was taken as a file",
    "audit:pack:made": "an evidence pack of a period was made",
    "expiry:clock:confirmed": "a person confirmed the host's time after an alarm",
}
CODE = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,63}")
Fact = int | bool | str | date | UUID | Sequence["Fact"] | Mapping[str, "Fact"] | None


@dataclass(frozen=True, slots=True)
class Act:
    """One entry to be: what was done, to whose data, and the facts."""

    kind: str
    customer: UUID | None
    facts: Mapping[str, Fact]


def append(
    kind: str, *, now: datetime, customer: UUID | None = None, facts: Mapping[str, Fact]
) -> Entry:
    """Write one pending entry in the current transaction.

    Raises `LedgerRefused` for an unknown kind, for free text among the facts, and outside a
    transaction.
    """
    return append_all([Act(kind, customer, facts)], now=now)[0]


def append_all(acts: Sequence[Act], *, now: datetime) -> list[Entry]:
    """Write pending entries, in order, in the current transaction."""
    if not connection.in_atomic_block:
        raise LedgerRefused("An entry belongs to the transaction of its act.")
    subjects = pseudonyms({act.customer for act in acts if act.customer})
    return Entry.objects.bulk_create(
        Entry(
            kind=_known(act.kind),
            subject=subjects[act.customer] if act.customer else None,
            facts=_facts(act),
            created_at=now,
        )
        for act in acts
    )


def _facts(act: Act) -> dict[str, object]:
    facts = {_code(key): _plain(value) for key, value in act.facts.items()}
    if act.customer and str(act.customer) in str(facts):
        raise LedgerRefused("An entry names its customer by pseudonym only.")
    return facts


def pseudonyms(customers: Iterable[UUID]) -> dict[UUID, UUID]:
    """The random pseudonym of each customer, made when it is first needed."""
    wanted = sorted(customers)
    Subject.objects.bulk_create(
        [Subject(customer_id=customer) for customer in wanted], ignore_conflicts=True
    )
    found = Subject.objects.filter(customer_id__in=wanted)
    return dict(found.values_list("customer_id", "pseudonym"))


def _known(kind: str) -> str:
    if kind not in KINDS:
        raise LedgerRefused("There is no act of that kind.")
    return kind


def _code(value: str) -> str:
    if not CODE.fullmatch(value):
        raise LedgerRefused("A text in the log is a short code, never free text.")
    return value


def _plain(value: Fact) -> object:
    """The fact as JSON, refused when it could carry content or name a person."""
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, str):
        return _code(value)
    if isinstance(value, Mapping):
        return {_code(key): _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray | memoryview):
        return [_plain(item) for item in value]
    raise LedgerRefused("A fact is a number, a date, an identifier or a short code.")
