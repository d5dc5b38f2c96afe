"""The words of the mails: what is asked, by whom, since when, and where to decide."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMessage
from django.template.loader import render_to_string

from compliance.approvals.models import ApprovalMail
from compliance.approvals.registry import described

PAGE = "/admin/approvals/"
SUBJECTS = {
    ApprovalMail.Event.ASKED: "Your approval is asked for: {}",
    ApprovalMail.Event.REMINDER: "Still waits for approval: {}",
    ApprovalMail.Event.DECIDED: "{}: {}",
}


def letter(mail: ApprovalMail) -> EmailMessage:
    """The mail for this row; written again it has the same Message-ID."""
    request = mail.request
    title = " ".join(described(request.kind, request.subject).title.split())
    event = ApprovalMail.Event(mail.event)
    first = request.get_decision_display().capitalize() if event == "decided" else title
    words = {
        "request": request,
        "title": title,
        "event": mail.event,
        "page": f"{settings.PUBLIC_URL}{PAGE}?request={request.pk}",
        "host": urlsplit(settings.PUBLIC_URL).netloc,
    }
    return EmailMessage(
        subject=SUBJECTS[event].format(first, title),
        body=render_to_string("mail/approval.txt", words).strip() + "\n",
        to=[mail.recipient.email],
        headers=_headers(mail),
    )


def _headers(mail: ApprovalMail) -> dict[str, str]:
    """A stable id, one thread for each request, and no answers from absence assistants."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    thread = f"<approval-{mail.request_id}@{host}>"
    return {
        "Message-ID": f"<{mail.pk}@{host}>",
        "References": thread,
        "In-Reply-To": thread,
        "Auto-Submitted": "auto-generated",
    }
