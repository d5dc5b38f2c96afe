"""What the pages show of approvals and deputies."""

from __future__ import annotations

from datetime import date

from django.db.models import QuerySet

from compliance.approvals.models import ApprovalRequest, Deputy

DECIDED = 50


def waiting() -> QuerySet[ApprovalRequest]:
    """On which nobody has decided, the oldest first."""
    return _with_people().filter(decision="").order_by("asked_at", "id")


def decided() -> QuerySet[ApprovalRequest]:
    """The last ones that were decided or taken back."""
    return _with_people().exclude(decision="").order_by("-decided_at", "id")[:DECIDED]


def lasting(today: date) -> QuerySet[Deputy]:
    """Deputies of today and of days to come."""
    rows = Deputy.objects.select_related("person", "deputy", "made_by")
    return rows.filter(ended_at=None, last_day__gte=today).order_by("first_day", "id")


def _with_people() -> QuerySet[ApprovalRequest]:
    return ApprovalRequest.objects.select_related("asked_by", "author", "decided_by", "in_place_of")
