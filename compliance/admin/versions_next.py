"""What comes next for a version, in a sentence, and the buttons for whoever may press them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from compliance.admin import versions_page as page
from compliance.admin import words
from compliance.admin.versions_page import url
from compliance.approvals.models import ApprovalRequest
from retention.policies.models import PolicyVersion
from retention.policies.publish import earliest_effect

Button = tuple[str, str, str]


def next_of(
    request: HttpRequest,
    version: PolicyVersion,
    asked: ApprovalRequest | None,
    *,
    bound: int,
    today: date,
) -> dict[str, Any]:
    """`next`: the sentence; `buttons`: label, address and look; `asked`: the open question."""
    waits = asked if asked and asked.is_open else None
    said, buttons = {
        "draft": _draft,
        "approved": _approved,
        "announced": _announced,
        "withdrawn": _withdrawn,
    }[version.state](request, version, waits, bound, today)
    return {
        "next": said,
        "buttons": buttons,
        "asked": waits,
        "asked_url": f"{reverse('admin:approvals')}?request={waits.pk}" if waits else "",
        "declined": asked if asked and asked.decision == "declined" else None,
        "may_ask": version.state == "draft" and not waits and _may(request, page.DRAFT),
    }


def _may(request: HttpRequest, right: str) -> bool:
    return bool(request.user.has_perm(right))


def _draft(
    request: HttpRequest,
    version: PolicyVersion,
    waits: ApprovalRequest | None,
    bound: int,
    today: date,
) -> tuple[str, list[Button]]:
    said = (
        "A second person has been asked to approve it. It binds nobody."
        if waits
        else "This is a draft: it binds nobody. A second person has to approve it, never the one"
        " who wrote it; then every customer is told at least 30 days before it applies."
    )
    buttons: list[Button] = [("See its impact", url("impact", version), "")]
    if _may(request, page.DRAFT) and not waits:
        buttons.append(("Edit", url("edit", version), "button-quiet"))
        buttons.append(("Discard", url("discard", version), "button-danger"))
    return said, buttons


def _approved(
    request: HttpRequest,
    version: PolicyVersion,
    waits: ApprovalRequest | None,
    bound: int,
    today: date,
) -> tuple[str, list[Button]]:
    first = words.day(earliest_effect(today))
    said = (
        "It is approved and cannot be changed any more. It binds nobody before it is announced:"
        f" announced today, it could take effect on {first} at the earliest."
    )
    buttons: list[Button] = []
    if _may(request, page.ANNOUNCE):
        buttons.append(("Announce", url("announce", version), ""))
    buttons.append(("See its impact", url("impact", version), "button-quiet"))
    if _may(request, page.WITHDRAW):
        buttons.append(("Withdraw", url("withdraw", version), "button-danger"))
    return said, buttons


def _announced(
    request: HttpRequest,
    version: PolicyVersion,
    waits: ApprovalRequest | None,
    bound: int,
    today: date,
) -> tuple[str, list[Button]]:
    if not version.announcements.exists():
        return "It was accepted by customers at sign-up; nobody had to be told of it.", []
    buttons: list[Button] = [("How far the notices have come", url("progress", version), "")]
    if bound:
        return (
            "It applies to customers, so it cannot be withdrawn: a newer version replaces it.",
            buttons,
        )
    if _may(request, page.WITHDRAW):
        buttons.append(("Withdraw", url("withdraw", version), "button-danger"))
    said = (
        "Customers are being told. For each of them it takes effect when its days of notice are"
        " over; until it applies to somebody it can be withdrawn."
    )
    return said, buttons


def _withdrawn(
    request: HttpRequest,
    version: PolicyVersion,
    waits: ApprovalRequest | None,
    bound: int,
    today: date,
) -> tuple[str, list[Button]]:
    said = "It was taken back before it applied to anybody. A new draft begins the way anew."
    if not version.announcements.exists():
        return said, []
    return said, [("How far the notices have come", url("progress", version), "")]
