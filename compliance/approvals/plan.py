"""Who is to be told what: rows that wait to be sent. Each can exist only once (unique constraint).

Everybody who may decide hears of a request, also a deputy whose days begin later, and again for
each full day that it waits; whoever asked hears of the decision.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, OuterRef

from compliance.approvals.deciders import Deciders
from compliance.approvals.models import ApprovalMail, ApprovalRequest

DAY = timedelta(days=1)
Decision, Event, State = ApprovalRequest.Decision, ApprovalMail.Event, ApprovalMail.State


def mails(*, now: datetime, host_now: datetime) -> int:
    """Write what is to be told by `now`; how many rows are new. They are sent by host time."""
    deciders = Deciders(now.date())
    rows = [
        row
        for request in ApprovalRequest.objects.filter(decision="").prefetch_related("mails")
        for row in _asking(request, deciders, now)
    ]
    rows += [_mail(request, request.asked_by_id, Event.DECIDED) for request in _untold()]
    for row in rows:
        row.next_try_at = host_now
    return len(ApprovalMail.objects.bulk_create(rows, ignore_conflicts=True))


def _asking(request: ApprovalRequest, deciders: Deciders, now: datetime) -> list[ApprovalMail]:
    known = list(request.mails.all())
    days = (now - request.asked_at) // DAY
    found = []
    for user in deciders.of(request):
        told = [mail for mail in known if mail.recipient_id == user.pk]
        if not told:
            found.append(_mail(request, user.pk, Event.ASKED))
        elif days > max(mail.number for mail in told) and not _waits(told):
            found.append(_mail(request, user.pk, Event.REMINDER, days))
    return found


def _waits(told: list[ApprovalMail]) -> bool:
    """What has not gone out yet says the same."""
    return any(mail.state in (State.WAITING, State.SENDING) for mail in told)


def _untold() -> list[ApprovalRequest]:
    """Decided on, and whoever asked was not told."""
    told = ApprovalMail.objects.filter(request=OuterRef("pk"), event=Event.DECIDED)
    decided = ApprovalRequest.objects.filter(decision__in=(Decision.APPROVED, Decision.DECLINED))
    return list(decided.filter(~Exists(told)))


def _mail(
    request: ApprovalRequest, to: UUID, event: ApprovalMail.Event, number: int = 0
) -> ApprovalMail:
    return ApprovalMail(request=request, recipient_id=to, event=event, number=number)
