"""Every model of the app, gathered from its slices for Django."""

from __future__ import annotations

from compliance.alarms.models import Alarm, AlarmMail
from compliance.approvals.models import ApprovalMail, ApprovalRequest, Deputy
from compliance.arrival.models import Upload
from compliance.customers.models import ApiKey, Contact, Customer
from compliance.findings.models import (
    Finding,
    FindingAct,
    FindingDay,
    FindingLetter,
    FindingTouch,
)
from compliance.notices.models import (
    Announcement,
    Delivery,
    MailEvent,
    Notice,
    Objection,
    ReplyCheck,
)
from compliance.people.models import MailCode, Member, Session, User
from compliance.terms.models import Acceptance
from compliance.webhooks.models import Endpoint

__all__ = [
    "Acceptance",
    "Alarm",
    "AlarmMail",
    "Announcement",
    "ApiKey",
    "ApprovalMail",
    "ApprovalRequest",
    "Contact",
    "Customer",
    "Delivery",
    "Deputy",
    "Endpoint",
    "Finding",
    "FindingAct",
    "FindingDay",
    "FindingLetter",
    "FindingTouch",
    "MailCode",
    "MailEvent",
    "Member",
    "Notice",
    "Objection",
    "ReplyCheck",
    "Session",
    "Upload",
    "User",
]
