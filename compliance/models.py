"""Every model of the app, gathered from its slices for Django."""

from __future__ import annotations

from compliance.alarms.models import Alarm, AlarmMail
from compliance.arrival.models import Upload
from compliance.customers.models import ApiKey, Contact, Customer
from compliance.notices.models import Announcement, Delivery, MailEvent, Notice, Objection
from compliance.people.models import Member, Session, User
from compliance.terms.models import Acceptance

__all__ = [
    "Acceptance",
    "Alarm",
    "AlarmMail",
    "Announcement",
    "ApiKey",
    "Contact",
    "Customer",
    "Delivery",
    "MailEvent",
    "Member",
    "Notice",
    "Objection",
    "Session",
    "Upload",
    "User",
]
