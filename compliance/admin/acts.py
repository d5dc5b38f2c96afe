"""Entries of the activity log with the names that staff may know: whose, and by whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import OuterRef, Q, QuerySet, Subquery, UUIDField
from django.db.models.fields.json import KT
from django.db.models.functions import Cast, Coalesce
from django.urls import reverse

from compliance.admin import words
from compliance.admin.readonly import with_customer_name
from compliance.customers.models import Contact
from compliance.people.models import User
from retention.ledger.append import KINDS
from retention.ledger.models import Entry, Subject

NEWEST = 8


def with_names(entries: QuerySet[Entry]) -> QuerySet[Any]:
    """With `customer_name` and `actor_email`, in the one query."""
    known = Subject.objects.filter(pseudonym=OuterRef("subject")).values("customer_id")[:1]
    actor = Cast(KT("facts__actor_id"), UUIDField())
    login, contact = (
        Subquery(people.objects.filter(pk=OuterRef("actor_user")).values("email")[:1])
        for people in (User, Contact)
    )
    named = entries.annotate(customer_id=Subquery(known), actor_user=actor)
    return with_customer_name(named.annotate(actor_email=Coalesce(login, contact)))


def of_customers(customers: list[UUID]) -> Q:
    """Entries about any of them."""
    subjects = Subject.objects.filter(customer_id__in=customers)
    return Q(subject__in=list(subjects.values_list("pseudonym", flat=True)))


@dataclass(frozen=True, slots=True)
class Act:
    """An entry as the pages tell it."""

    told: str
    when: str
    who: str
    number: int

    @property
    def url(self) -> str:
        """Its page in the log."""
        return reverse("admin:retention_entry_change", args=[self.number])


def acts_of(customer: UUID) -> list[Act]:
    """The newest acts about the customer itself, its keys and its people; no deletions."""
    about = [kind for kind in KINDS if not kind.startswith("expiry:")]
    entries = Entry.objects.filter(of_customers([customer]), kind__in=about)
    return [
        Act(meaning(entry), words.instant(entry.created_at), actor(entry), entry.pk)
        for entry in with_names(entries).order_by("-id")[:NEWEST]
    ]


def meaning(entry: Entry) -> str:
    """The act in a sentence."""
    return KINDS.get(entry.kind, entry.kind)


def actor(entry: Any) -> str:
    """Who did it: a person's address, a key, or the service itself."""
    kind = entry.facts.get("actor", "system")
    if kind == "key":
        return "an API key"
    return entry.actor_email or ("the service" if kind == "system" else "somebody unknown")
