"""Asking for a second person, and what that person's yes does: to versions and to corrections.

The impact is counted in the transaction of the yes, and stored with the version: the page that the
second person reads shows the same count.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from compliance.admin import versions_page, words
from compliance.admin.versions_page import url
from compliance.admin.versions_queries import before
from compliance.approvals import decide
from compliance.approvals.models import ApprovalRequest
from compliance.approvals.registry import Described, Kind, register
from compliance.notices import changes
from compliance.notices.words import side
from compliance.people.acting import acting
from retention import clock
from retention.actor import Actor
from retention.errors import RetentionError, StaleVersion
from retention.expiry.impact import impact
from retention.policies import content, publish, revise
from retention.policies.models import PolicyVersion, Revision

VERSION, REVISION = "policy_version", "policy_revision"


def open_request(kind: str, subject: object) -> ApprovalRequest | None:
    """The question on which nobody has decided yet."""
    waiting = ApprovalRequest.objects.filter(kind=kind, subject=str(subject), decision="")
    return waiting.select_related("asked_by").first()


def ask(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """Ask for approval of the draft as it was shown."""
    if version.state != PolicyVersion.State.DRAFT:
        why = f"{version} is {version.state}: approval is asked for drafts."
        return versions_page.refused(request, why, url("change", version))
    if content.digest(version) != request.POST.get("seen"):
        why = "The draft was changed after you had opened this page: read it again first."
        return versions_page.refused(request, why, url("change", version))
    try:
        decide.ask(VERSION, version.pk, by=acting(request), now=clock.now())
    except RetentionError as refusal:
        return versions_page.refused(request, refusal, url("change", version))
    said = "Approval is asked for: those who may give it are mailed within a minute."
    return versions_page.done(request, said, url("change", version))


def _version(subject: str) -> PolicyVersion:
    """Raises `StaleVersion` when it was discarded."""
    found = PolicyVersion.objects.prefetch_related("periods").filter(pk=int(subject)).first()
    if found is None:
        raise StaleVersion
    return found


def _describe_version(subject: str) -> Described:
    found = PolicyVersion.objects.filter(pk=int(subject)).first()
    if found is None:
        raise LookupError(subject)
    return Described(f"{found} of the policy", url("impact", found))


def _approve_version(subject: str, *, by: Actor, now: datetime) -> None:
    version, today = _version(subject), now.date()
    sums = impact(version, takes_effect_on=publish.earliest_effect(today), today=today)
    seen = content.digest(version)
    publish.approve(version, impact=sums.as_dict(), seen=seen, by=by, now=now)


def _version_in_short(subject: str, *, now: datetime) -> Sequence[str]:
    """What customers are told, and what happens to what is kept."""
    version, today = _version(subject), now.date()
    against = before(version)
    day = publish.earliest_effect(today)
    found = impact(version, takes_effect_on=day, today=today).as_dict()
    first = sum(row["items"] for row in found["first_day"].values())
    told = changes.changes(side(against), side(version)) if against else []
    counted = (
        f"Items kept today that would be deleted earlier: {found['items']:,} (customers:"
        f" {found['customers']:,}); on the first day, {words.day(day)} at the earliest: {first:,}"
    )
    held = f"Items that would stay because of a legal hold: {found['on_hold']:,}"
    return [*(one.line for one in told), counted, *([held] if found["on_hold"] else [])]


def _author_of_version(subject: str) -> UUID | None:
    return _version(subject).author_id


def _fingerprint_of_version(subject: str) -> str:
    return content.digest(_version(subject))


def _revision(subject: str) -> Revision:
    """Raises `StaleVersion`."""
    found = Revision.objects.select_related("version").filter(pk=int(subject)).first()
    if found is None:
        raise StaleVersion
    return found


def _describe_revision(subject: str) -> Described:
    try:
        found = _revision(subject)
    except StaleVersion:
        raise LookupError(subject) from None
    address = reverse("admin:retention_policyversion_revision", args=[found.version.pk, found.pk])
    return Described(f"Correction of {found.version}", address)


def _approve_revision(subject: str, *, by: Actor, now: datetime) -> None:
    revise.approve(_revision(subject), by=by, now=now)


def _author_of_revision(subject: str) -> UUID | None:
    return _revision(subject).proposed_by


register(
    Kind(
        VERSION,
        "Policy version",
        _describe_version,
        _approve_version,
        author=_author_of_version,
        in_short=_version_in_short,
        fingerprint=_fingerprint_of_version,
    )
)
register(
    Kind(
        REVISION,
        "Correction of a policy version",
        _describe_revision,
        _approve_revision,
        author=_author_of_revision,
    )
)
