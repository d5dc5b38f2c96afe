"""Who is told, and in which words: release, notices, deliveries. Each step may be done again.

An announcement is released once its entry in the log of acts is signed. Then every customer gets
its one notice, in chunks, and each legal contact and webhook its one delivery. Ids follow from what
a row is about, so whoever does it a second time, or at the same time, makes nothing twice.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from compliance.customers.models import Contact, Customer
from compliance.notices import standing, words
from compliance.notices.models import Announcement, Delivery, Notice
from compliance.notices.words import Told, Words
from compliance.webhooks.models import Endpoint
from retention import clock
from retention.policies import activate
from retention.policies.models import Activation

CHUNK = 500
Kind = Announcement.Kind
State, Channel, Purpose = Delivery.State, Delivery.Channel, Delivery.Purpose
# Whoever may have heard of a change is told that it does not come.
MAY_HAVE_HEARD = (State.SENDING, State.SENT, State.DELIVERED, State.UNSURE)


def release(*, now: datetime) -> int:
    """Let go what is signed; returns how many announcements."""
    signed = Announcement.objects.filter(released_at=None, entry__signed_at__isnull=False)
    return signed.update(released_at=now)


def write_all(*, now: datetime, seconds: float = 15.0) -> int:
    """Write what is missing of every released announcement, for so long at most."""
    written, end = 0, time.monotonic() + seconds
    unfinished = Announcement.objects.filter(released_at__isnull=False, written_at=None)
    for made in unfinished.order_by("made_at"):
        while time.monotonic() < end and (count := write(made.pk, now=now)) is not None:
            written += count
    return written


@transaction.atomic
def write(announcement: UUID, *, now: datetime, chunk: int = CHUNK) -> int | None:
    """The next notices; None once all are there. A withdrawal waits until the chunk is done."""
    made = (
        Announcement.objects.select_for_update(of=("self",))
        .select_related("version")
        .get(pk=announcement)
    )
    if made.written_at:
        return None
    customers = list(_not_told_yet(made).order_by("pk")[:chunk])
    if not customers:
        Announcement.objects.filter(pk=made.pk).update(written_at=now)
        return None
    notices = _notices(made, customers, now)
    Notice.objects.bulk_create(notices, ignore_conflicts=True)
    plan(notices)
    return len(notices)


def _not_told_yet(made: Announcement) -> QuerySet[Customer]:
    customers = Customer.objects.exclude(state=Customer.State.ERASED)
    # What a customer is told once is not told again.
    customers = customers.exclude(Exists(made.notices.filter(customer=OuterRef("pk"))))
    if made.kind == Kind.WITHDRAWAL:
        return customers.filter(Exists(_heard_of(made).filter(notice__customer=OuterRef("pk"))))
    # Whoever came after the announcement accepted it at sign-up.
    bound = Activation.objects.filter(version=made.version_id, voided_at=None)
    return customers.exclude(Exists(bound.filter(customer_id=OuterRef("pk"))))


def _heard_of(made: Announcement) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        notice__announcement__version=made.version_id,
        notice__announcement__kind=Kind.CHANGE,
        state__in=MAY_HAVE_HEARD,
    )


def _notices(made: Announcement, customers: Sequence[Customer], now: datetime) -> list[Notice]:
    told = standing.told(made, customers, today=now.date())
    return [_notice(made, told[customer.pk], now) for customer in customers]


def _notice(made: Announcement, told: Told, now: datetime) -> Notice:
    on = stated_day(made, told.customer, now.date())
    said = _said(made, told, on)
    return Notice(
        id=told.notice,
        announcement=made,
        customer=told.customer,
        subject=said.subject,
        text=said.text,
        html=said.html,
        stated_on=on,
        published_at=now,
    )


def stated_day(made: Announcement, customer: Customer, today: date) -> date | None:
    """The day that a notice of today states; a withdrawal states none."""
    if made.kind == Kind.WITHDRAWAL:
        return None
    return activate.earliest(
        customer.pk, made.version, given_on=today, notice_days=customer.notice_days
    )


def _said(made: Announcement, told: Told, on: date | None, *, reminder: bool = False) -> Words:
    if on is None:
        return words.withdrawal(made, told)
    return words.change(made, told, effective_on=on, reminder=reminder)


def plan_missing(*, most: int = CHUNK) -> int:
    """Deliveries to contacts that came while a notice was not given; their own days run."""
    told = Delivery.objects.filter(
        notice=OuterRef(OuterRef("pk")),
        contact=OuterRef("pk"),
        channel=Channel.MAIL,
        purpose=Purpose.NOTICE,
    )
    untold = Contact.objects.filter(
        ~Exists(told), customer=OuterRef("customer"), role=Contact.Role.LEGAL, ended_at=None
    )
    notices = Notice.objects.filter(
        Exists(untold), announcement__kind=Kind.CHANGE, activation=None, closed_at=None
    ).exclude(customer__state=Customer.State.ERASED)
    return plan(list(notices.order_by("pk")[:most]))


def plan(notices: Sequence[Notice]) -> int:
    """A waiting mail for each current legal contact, a waiting post for each webhook."""
    by_customer = {notice.customer_id: notice for notice in notices}
    contacts = Contact.objects.filter(
        customer__in=by_customer, role=Contact.Role.LEGAL, ended_at=None
    )
    endpoints = Endpoint.objects.filter(customer__in=by_customer, ended_at=None)
    deliveries = [mail_to(by_customer[contact.customer_id], contact) for contact in contacts]
    deliveries += [_post_to(by_customer[end.customer_id], end) for end in endpoints]
    return add(deliveries)


def add(deliveries: Sequence[Delivery]) -> int:
    """Those that are not there yet; returns how many."""
    ids = [delivery.pk for delivery in deliveries]
    known = set(Delivery.objects.filter(pk__in=ids).values_list("pk", flat=True))
    fresh = [delivery for delivery in deliveries if delivery.pk not in known]
    # Somebody else may be at it.
    Delivery.objects.bulk_create(fresh, ignore_conflicts=True)
    return len(fresh)


def mail_to(notice: Notice, contact: Contact, purpose: str = Purpose.NOTICE) -> Delivery:
    """A waiting mail; the same row whoever makes it."""
    return Delivery(
        id=uuid5(notice.pk, f"{purpose}:mail:{contact.pk}"),
        notice=notice,
        purpose=purpose,
        channel=Channel.MAIL,
        contact=contact,
        address=contact.email,
        next_try_at=clock.host_now(),
    )


def _post_to(notice: Notice, endpoint: Endpoint) -> Delivery:
    return Delivery(
        id=uuid5(notice.pk, f"webhook:{endpoint.pk}"),
        notice=notice,
        channel=Channel.WEBHOOK,
        address=endpoint.url,
        next_try_at=clock.host_now(),
    )


def put_words(delivery: Delivery, *, today: date) -> None:
    """Words of its own where those of the notice would state another day, or for a reminder."""
    notice, made = delivery.notice, delivery.notice.announcement
    if made.kind == Kind.WITHDRAWAL:
        return
    binding = notice.activation
    on = binding.effective_on if binding else stated_day(made, notice.customer, today)
    reminder = delivery.purpose == Purpose.REMINDER
    if on == notice.stated_on and not reminder:
        delivery.subject = delivery.text = delivery.html = ""
        return
    told = standing.told(made, [notice.customer], today=today)[notice.customer_id]
    said = _said(made, told, on, reminder=reminder)
    delivery.subject, delivery.text, delivery.html = said.subject, said.text, said.html


def contacts_of(customers: Iterable[UUID]) -> Mapping[UUID, list[Contact]]:
    """The current legal contacts of each customer."""
    found: dict[UUID, list[Contact]] = {}
    current = Contact.objects.filter(
        customer__in=list(customers), role=Contact.Role.LEGAL, ended_at=None
    )
    for contact in current:
        found.setdefault(contact.customer_id, []).append(contact)
    return found
