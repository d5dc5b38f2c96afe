"""Every model of the app, gathered from its slices for Django."""

from __future__ import annotations

from compliance.alarms.models import Alarm, AlarmMail
from compliance.customers.models import ApiKey, Contact, Customer
from compliance.notices.models import (
    Announcement,
    Delivery,
    MailEvent,
    Notice,
    Objection,
    ReplyCheck,
)
from compliance.people.models import Member, Session, User
from compliance.webhooks.models import Endpoint

__all__ = [
    "Alarm",
    "AlarmMail",
    "Announcement",
    "ApiKey",
    "Contact",
    "Customer",
    "Delivery",
    "Endpoint",
    "MailEvent",
    "Member",
    "Notice",
    "Objection",
    "ReplyCheck",
    "Session",
    "User",
]
