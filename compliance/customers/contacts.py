"""Contacts: who is written to. Added and ended, each time with an entry in the log."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from compliance.customers.errors import StaleContact
from compliance.customers.models import Contact, Customer
from retention.actor import Actor
from retention.ledger.append import Fact, append


def add_contact(
    customer: Customer, *, name: str, email: str, role: str, by: Actor, now: datetime
) -> Contact:
    """A contact that notices go to from now on.

    Raises the database's `IntegrityError` for a blank name, an unknown role, or a second one alike.
    """
    with transaction.atomic():
        contact = Contact.objects.create(
            customer=customer, name=name.strip(), email=email, role=role, created_at=now
        )
        _note("customer:contact:added", contact, by=by, now=now)
    return contact


def end_contact(contact: Contact, *, by: Actor, now: datetime) -> None:
    """Send nothing more there. Raises `StaleContact` if somebody ended it before."""
    with transaction.atomic():
        if Contact.objects.filter(pk=contact.pk, ended_at=None).update(ended_at=now) != 1:
            raise StaleContact
        _note("customer:contact:ended", contact, by=by, now=now)
    contact.ended_at = now


def is_the_last_legal_one(contact: Contact) -> bool:
    """True if without this contact nobody can be given notice of a change."""
    others = Contact.objects.filter(
        customer=contact.customer_id, role=Contact.Role.LEGAL, ended_at=None
    ).exclude(pk=contact.pk)
    return contact.role == Contact.Role.LEGAL and not others.exists()


def _note(kind: str, contact: Contact, *, by: Actor, now: datetime) -> None:
    facts: dict[str, Fact] = {
        "contact": contact.pk,
        "role": contact.role,
        "actor": by.kind,
        "actor_id": by.id,
    }
    append(kind, now=now, customer=contact.customer_id, facts=facts)
