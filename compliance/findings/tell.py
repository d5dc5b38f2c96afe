"""Customers are told what their calls were flagged with: one letter each, kept word for word.

What a customer was told of once is not told again; only what came in since. The letter is written
together with its entry in the log, and goes out once that is signed (`send.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F

from compliance.customers.models import Customer
from compliance.findings import acts, letters
from compliance.findings.acts import person
from compliance.findings.kinds import kind_of
from compliance.findings.models import Finding, FindingLetter, FindingTouch
from compliance.people.models import User
from retention import clock
from retention.actor import Actor
from retention.ledger.append import Act, Fact, append_all


@dataclass(frozen=True, slots=True)
class Draft:
    """A letter that would be written."""

    customer: Customer
    addresses: Sequence[str]
    touches: Sequence[FindingTouch]

    @property
    def subject(self) -> str:
        """As it would be sent."""
        return letters.subject(self.customer)

    @property
    def text(self) -> str:
        """As it would be sent."""
        return letters.text(self.customer, self.touches)


@dataclass(frozen=True, slots=True)
class Plan:
    """Who would be told, and who cannot be: nobody of theirs is on file."""

    drafts: Sequence[Draft]
    unreachable: Sequence[Customer]


def plan(chosen: Collection[UUID], *, lock: bool = False) -> Plan:
    """What telling would do: of kinds that customers can do something about, what is new to them.

    A fixed number of queries.
    """
    if lock:
        # Whoever counts locks findings first, too, and in this order.
        list(Finding.objects.filter(pk__in=list(chosen)).order_by("pk").select_for_update())
    told_about = [kind for kind in _kinds(chosen) if kind_of(kind).change]
    touches = FindingTouch.objects.filter(
        finding__in=list(chosen), finding__kind__in=told_about, items__gt=F("told")
    ).exclude(customer__state=Customer.State.ERASED)
    by_customer: dict[Customer, list[FindingTouch]] = defaultdict(list)
    for touch in touches.select_related("finding", "customer").order_by("customer", "pk"):
        by_customer[touch.customer].append(touch)
    reached = letters.addresses(customer.pk for customer in by_customer)
    by_name = sorted(by_customer.items(), key=lambda found: (found[0].name, found[0].pk))
    return Plan(
        [Draft(one, reached[one.pk], found) for one, found in by_name if reached.get(one.pk)],
        [customer for customer, _found in by_name if not reached.get(customer.pk)],
    )


def _kinds(chosen: Collection[UUID]) -> list[str]:
    kinds = Finding.objects.filter(pk__in=list(chosen)).values_list("kind", flat=True)
    return list(kinds.distinct().order_by("kind"))


@transaction.atomic
def tell(chosen: Collection[UUID], *, by: Actor, now: datetime) -> Plan:
    """Write one letter to each customer touched; returns what was written, and to whom not."""
    made = plan(chosen, lock=True)
    _write(made.drafts, by, now)
    return made


def _write(drafts: Sequence[Draft], by: Actor, now: datetime) -> None:
    who = person(by)
    officer = User.objects.filter(pk=who).first() if who else None
    ids = [uuid4() for _draft in drafts]
    entries = append_all([_act(i, d, by) for i, d in zip(ids, drafts, strict=True)], now=now)
    written = FindingLetter.objects.bulk_create(
        FindingLetter(
            id=identifier, customer=draft.customer, addresses=list(draft.addresses),
            reply_to=officer.email if officer else "", subject=draft.subject, text=draft.text,
            made_by=officer, made_at=now, entry=entry, next_try_at=clock.host_now(),
        )
        for identifier, draft, entry in zip(ids, drafts, entries, strict=True)
    )  # fmt: skip
    by_letter: Mapping[FindingLetter, Draft] = dict(zip(written, drafts, strict=True))
    for letter, draft in by_letter.items():
        acts.note_told(letter, [touch.finding for touch in draft.touches], now=now)
    told = [touch.pk for draft in drafts for touch in draft.touches]
    FindingTouch.objects.filter(pk__in=told).update(told=F("items"), untold_on=None)


def _act(letter: UUID, draft: Draft, by: Actor) -> Act:
    facts: dict[str, Fact] = {
        "letter": letter,
        "addresses": len(draft.addresses),
        "findings": len(draft.touches),
        "actor": by.kind,
        "actor_id": by.id,
    }
    return Act("finding:customer:told", draft.customer.pk, facts)
