"""Correcting a typo of an approved version: proposed here, approved by a second person.

Both texts stand side by side; what the engine takes for more than a typo is a new version.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString, mark_safe

from compliance.admin import versions_page, words
from compliance.admin.versions_approval import REVISION, open_request
from compliance.admin.versions_page import url
from compliance.admin.versions_queries import names_of
from compliance.approvals import decide
from compliance.people.acting import acting
from retention import clock
from retention.errors import RetentionError
from retention.policies import revise as verbs
from retention.policies.models import PolicyVersion, Revision

LONGEST = 100_000


@dataclass(frozen=True, slots=True)
class Pair:
    """A line of both texts, with what differs marked; `same`: nothing does."""

    before: SafeString
    after: SafeString
    same: bool


def revise(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """The form; a proposal goes to the second person at once."""
    if version.state not in (PolicyVersion.State.APPROVED, PolicyVersion.State.ANNOUNCED):
        why = f"{version} is {version.state}: only what was approved is corrected."
        return versions_page.refused(request, why, url("change", version))
    current = verbs.current_text(version)
    text = request.POST.get("text", current).replace("\r\n", "\n")[:LONGEST]
    reason, wrong = request.POST.get("reason", ""), ""
    if request.method == "POST" and request.POST.get("do") == "propose":
        try:
            _propose(request, version, text, reason)
        except RetentionError as refusal:
            wrong = str(refusal)
        else:
            said = "The correction is proposed: it shows once a second person has approved it."
            return versions_page.done(request, said, url("change", version))
    return versions_page.page(
        request,
        "revise",
        title=f"Correct a typo of {version}",
        version=version,
        text=text,
        reason=reason,
        wrong=wrong,
        pairs=pairs(current, text) if text != current else [],
        is_typo=text != current and verbs.is_typo(current, text),
    )


@transaction.atomic
def _propose(request: HttpRequest, version: PolicyVersion, text: str, reason: str) -> None:
    by, now = acting(request), clock.now()
    made = verbs.propose(version, text=text, reason=reason, by=by, now=now)
    decide.ask(REVISION, made.pk, by=by, now=now)


def show(request: HttpRequest, version: PolicyVersion, number: int) -> HttpResponse:
    """One correction: before and after, who proposed it, and whether it was approved."""
    found = Revision.objects.filter(version=version, pk=number).first()
    if found is None:
        raise Http404
    people = names_of([found.proposed_by, found.approved_by])
    waits = open_request(REVISION, found.pk)
    return versions_page.page(
        request,
        "revision",
        title=f"Correction of {version}",
        version=version,
        revision=found,
        pairs=pairs(_text_before(version, found), found.text),
        by=people[found.proposed_by],
        on=words.instant(found.proposed_at),
        approver=people.get(found.approved_by, ""),
        approved=words.instant(found.approved_at),
        asked_url=f"{reverse('admin:approvals')}?request={waits.pk}" if waits else "",
    )


def _text_before(version: PolicyVersion, revision: Revision) -> str:
    """What stood there when it was proposed."""
    earlier = version.revisions.filter(approved_at__lt=revision.proposed_at)
    last = earlier.order_by("-approved_at", "-id").first()
    return last.text if last else version.text


def pairs(before: str, after: str) -> Sequence[Pair]:
    """Line by line, side by side."""
    return list(_pairs(before.splitlines(), after.splitlines()))


def _pairs(old: Sequence[str], new: Sequence[str]) -> Iterator[Pair]:
    for tag, i1, i2, j1, j2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        for n in range(max(i2 - i1, j2 - j1)):
            left = old[i1 + n] if i1 + n < i2 else ""
            right = new[j1 + n] if j1 + n < j2 else ""
            yield Pair(*_marked(left, right), same=tag == "equal")


def _marked(before: str, after: str) -> tuple[SafeString, SafeString]:
    """Both lines by words: what went is `del`, what came is `ins`."""
    old, new = before.split(" "), after.split(" ")
    left, right = [], []
    for tag, i1, i2, j1, j2 in SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes():
        gone, come = " ".join(old[i1:i2]), " ".join(new[j1:j2])
        if tag == "equal":
            left.append(escape(gone))
            right.append(escape(come))
            continue
        left += [format_html("<del>{}</del>", gone)] * bool(gone)
        right += [format_html("<ins>{}</ins>", come)] * bool(come)
    return mark_safe(" ".join(left)), mark_safe(" ".join(right))  # each piece is escaped above
