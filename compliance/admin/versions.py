"""Policy versions to look at: all of them over time, and each with its rules, words and people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from auditlog.models import LogEntry
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from compliance.admin import site, timeline, versions_impact, versions_page, words
from compliance.admin.announcing import BECAUSE
from compliance.admin.versions_approval import VERSION
from compliance.admin.versions_next import next_of
from compliance.admin.versions_page import STATES, url
from compliance.admin.versions_queries import (
    Stretch,
    before,
    binding,
    bound_on,
    names_of,
    stretches,
)
from compliance.approvals.models import ApprovalRequest
from compliance.notices import changes
from compliance.notices.wording import wording
from compliance.notices.words import side
from retention import clock
from retention.policies import content
from retention.policies.models import PolicyVersion, RecordedVersion
from retention.policies.publish import earliest_effect
from retention.policies.revise import current_text


@dataclass(frozen=True, slots=True)
class Shown:
    """A version as a row of the list."""

    version: Any
    url: str
    state: str
    tone: str
    now: int
    ahead: int
    first: date | None
    kept_for: Sequence[str]

    @property
    def applies(self) -> str:
        """Since when, or from when on."""
        return words.day(self.first)


def index(request: HttpRequest) -> HttpResponse:
    """All of them, as a picture and as a table; a fixed number of queries."""
    today = clock.today()
    found = list(PolicyVersion.objects.prefetch_related("periods").order_by("number"))
    earlier = list(RecordedVersion.objects.order_by("valid_from"))
    bound = stretches()
    lines = [*_earlier(earlier), *(_line(one, bound.get(one.pk, []), today) for one in found)]
    return versions_page.page(
        request,
        "versions",
        title="Policy versions",
        drawing=timeline.drawn(lines, today),
        today=words.day(today),
        rows=[_shown(one, bound.get(one.pk, []), today) for one in reversed(found)],
        earlier=[(one.label, _when(one), wording(one.text)) for one in reversed(earlier)],
        may_draft=request.user.has_perm(versions_page.DRAFT),
    )


def _earlier(found: Sequence[RecordedVersion]) -> Iterator[timeline.Line]:
    # Each ends where the next one begins, unless its own last day is known.
    for one, after in zip(found, [*found[1:], None], strict=False):
        end = one.valid_until or (after.valid_from if after else clock.today())
        says = f"{one.label}: {words.day(one.valid_from)} to {words.day(end)}, before this service"
        yield timeline.Line(_short(one.label), says, recorded=(one.valid_from, end))


def _when(one: RecordedVersion) -> str:
    first = words.day(one.valid_from)
    return f"{first} to {words.day(one.valid_until)}" if one.valid_until else f"from {first} on"


def _short(label: str) -> str:
    return label if len(label) <= 13 else f"{label[:12]}…"


def _line(version: PolicyVersion, bound: Sequence[Stretch], today: date) -> timeline.Line:
    if version.state in ("draft", "approved"):
        day = earliest_effect(today)
        says = f"{version}: {version.state}, it could apply from {words.day(day)} on"
        return timeline.Line(str(version), says, possible=day)
    if version.state == "withdrawn":
        return timeline.Line(str(version), f"{version}: withdrawn")
    coming = version.takes_effect_on if (version.takes_effect_on or today) > today else None
    says = timeline.says(str(version), bound, today)
    # Announced, and nobody told yet: the day that was chosen.
    return timeline.Line(str(version), says, bound, possible=None if bound else coming)


def _shown(version: Any, bound: Sequence[Stretch], today: date) -> Shown:
    now = bound_on(bound, today)
    last = max((one.first for one in bound), default=today)
    ahead = max(bound_on(bound, max(last, today)) - now, 0)
    state, tone = _state(version, now, ahead)
    chosen = None if version.state == "withdrawn" else version.takes_effect_on
    first = min((one.first for one in bound), default=chosen)
    return Shown(version, url("change", version), state, tone, now, ahead, first, _lengths(version))


def _state(version: Any, now: int, ahead: int) -> tuple[str, str]:
    if version.state != "announced":
        return STATES[version.state]
    if now:
        return "applies now", "good"
    if ahead or (version.takes_effect_on or date.min) > clock.today():
        return "announced, to come", "warn"
    return "replaced", "quiet"


def _lengths(version: PolicyVersion) -> list[str]:
    return [f"{kind} {length}" for kind, length in _periods(version)]


def _periods(version: PolicyVersion) -> list[tuple[str, str]]:
    """Kinds of data in the order of every page, however they were written down."""
    found = {period.data_class: words.length(period) for period in version.periods.all()}
    return [(name, found[kind]) for kind, name in words.KINDS_OF_DATA.items() if kind in found]


def show(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """One version: what it says, who wrote and approved it, what comes next."""
    today = clock.today()
    row = binding(PolicyVersion.objects.filter(pk=version.pk), today).get()
    earlier = before(version)
    people = names_of([version.author_id, version.approved_by])
    ahead = _told(version, today)
    state, tone = _state(version, row.bound, ahead)
    return versions_page.page(
        request,
        "version",
        title=str(version),
        version=version,
        state=state,
        tone=tone,
        bound=row.bound,
        since=words.day(row.since),
        ahead=ahead,
        periods=_periods(version),
        text=wording(current_text(version)),
        against=earlier,
        changes=changes.changes(side(earlier), side(version)) if earlier else [],
        author=people.get(version.author_id, words.NOTHING),
        approver=people.get(version.approved_by, words.NOTHING),
        approved=words.instant(version.approved_at),
        announced=words.instant(version.announced_at),
        effect=words.deletion_date(version.takes_effect_on),
        withdrawn=words.instant(version.withdrawn_at),
        announcements=list(version.announcements.all()),
        revisions=_revisions(version),
        seen=content.digest(version),
        reason_withdrawn=_why_withdrawn(version),
        trail_url=_trail(request, version),
        may_revise=_may_revise(request, version),
        **(versions_impact.shown(version.impact) if version.impact else {}),
        **next_of(request, version, _asked(version), bound=row.bound, today=today),
    )


def _told(version: PolicyVersion, today: date) -> int:
    """For how many customers it takes effect from tomorrow on."""
    return version.activations.filter(voided_at=None, effective_on__gt=today).count()


def _asked(version: PolicyVersion) -> ApprovalRequest | None:
    """The newest question about this version's approval."""
    asked = ApprovalRequest.objects.filter(kind=VERSION, subject=str(version.pk))
    return asked.select_related("asked_by", "decided_by").order_by("-asked_at").first()


def _revisions(version: PolicyVersion) -> list[dict[str, Any]]:
    """Corrections of typos, with who proposed and who approved them."""
    found = list(version.revisions.order_by("-id"))
    people = names_of([i for one in found for i in (one.proposed_by, one.approved_by)])
    return [
        {
            "revision": one,
            "by": people[one.proposed_by],
            "on": words.instant(one.proposed_at),
            "approver": people.get(one.approved_by, ""),
            "approved": words.instant(one.approved_at),
        }
        for one in found
    ]


def _why_withdrawn(version: PolicyVersion) -> str:
    """The reason that was given, from the field changes."""
    if version.state != "withdrawn":
        return ""
    found = LogEntry.objects.get_for_object(version).filter(changes__has_key=BECAUSE).first()
    return str(found.changes[BECAUSE][1]) if found else ""


def _trail(request: HttpRequest, version: PolicyVersion) -> str:
    """Where everything that was done with it stands, for whoever may read that."""
    trail = site.the_site().pages.get("trail")
    if trail is None or not trail.may_be_seen(request):
        return ""
    return f"{reverse('admin:trail')}?version={version.number}"


def _may_revise(request: HttpRequest, version: PolicyVersion) -> bool:
    settled = version.state in ("approved", "announced")
    return settled and bool(request.user.has_perm(versions_page.DRAFT))
