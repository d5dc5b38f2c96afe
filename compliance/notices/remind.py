"""The reminder: seven days before a change applies to a customer, once to each legal contact."""

from __future__ import annotations

from datetime import date, timedelta

from django.db.models import Exists, OuterRef

from compliance.customers.models import Contact, Customer
from compliance.notices import schedule
from compliance.notices.models import Announcement, Delivery, Notice

BEFORE = timedelta(days=7)
Purpose = Delivery.Purpose


def remind(*, today: date, most: int = schedule.CHUNK) -> int:
    """Plan what is due and not planned yet; a contact that came later is reminded too."""
    reminded = Delivery.objects.filter(
        notice=OuterRef(OuterRef("pk")), contact=OuterRef("pk"), purpose=Purpose.REMINDER
    )
    unreminded = Contact.objects.filter(
        ~Exists(reminded), customer=OuterRef("customer"), role=Contact.Role.LEGAL, ended_at=None
    )
    notices = Notice.objects.filter(
        Exists(unreminded),
        announcement__kind=Announcement.Kind.CHANGE,
        closed_at=None,
        activation__voided_at=None,
        activation__effective_on__gt=today,
        activation__effective_on__lte=today + BEFORE,
    ).exclude(customer__state=Customer.State.ERASED)
    found = {notice.customer_id: notice for notice in notices.order_by("pk")[:most]}
    contacts = schedule.contacts_of(found)
    planned = [
        schedule.mail_to(found[customer], contact, Purpose.REMINDER)
        for customer, those in contacts.items()
        for contact in those
    ]
    return schedule.add(planned)
