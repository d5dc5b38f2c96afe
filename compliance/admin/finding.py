"""One finding: what it means, its days, the customers it touches, calls to look at, its history."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from compliance.admin import charts, finding_shown, finding_work, site, words
from compliance.admin.finding_question import Work
from compliance.admin.findings import answer_to
from compliance.customers.models import Customer
from compliance.findings import queries
from compliance.findings.kinds import kind_of
from compliance.findings.models import Finding
from retention import clock
from retention.records import flagged

MOST_CUSTOMERS, MOST_CALLS, MOST_LETTERS = 50, 5, 20


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, identifier: UUID) -> HttpResponse:
    """The page; POST does something with this one."""
    known = Finding.objects.select_related("owner", "customer", "decided_by")
    finding = known.filter(pk=identifier).first()
    if finding is None:
        raise Http404
    form = Work(request.POST or None, all_of_them=1)
    if request.method == "POST":
        if not finding_work.may_work(request):
            raise PermissionDenied
        answer = form.is_valid() and answer_to(request, form, [finding.pk], request.path)
        if answer:
            return answer
    context = {
        **site.each_context(request),
        **_about(finding, clock.today()),
        **finding_work.offered(request, form),
    }
    return TemplateResponse(request, "admin/finding.html", context)


def _about(finding: Finding, today: date) -> dict[str, Any]:
    kind = kind_of(finding.kind)
    days = queries.days(finding, today)
    touches = list(queries.touches(finding)[: MOST_CUSTOMERS + 1])
    decided = finding.state != Finding.State.OPEN
    return {
        "title": kind.title,
        "finding": finding,
        "kind": kind,
        "where": finding_shown.where(finding),
        "state": words.pill(finding.get_state_display(), finding_shown.TONES[finding.state]),
        "decided": words.instant(finding.decided_at) if decided else "",
        "until": words.day(finding.accepted_until) if finding.accepted_until else "",
        "opened": words.instant(finding.opened_at),
        "counted": words.instant(finding.counted_at),
        "first": words.day(finding.first_on),
        "last": words.day(finding.last_on),
        "goes_on": finding_shown.goes_on(finding),
        "chart": _drawn(days) if finding.items else None,
        "weeks": _weeks(days),
        "lately": sum(items for _day, items in days),
        "touches": [_touch(touch) for touch in touches[:MOST_CUSTOMERS]],
        "more": len(touches) > MOST_CUSTOMERS,
        "calls": _calls(finding, today),
        "history": [
            (finding_shown.told(act), words.instant(act.at), act)
            for act in queries.history(finding)
        ],
        "letters": [
            (letter, words.instant(letter.made_at), words.instant(letter.sent_at))
            for letter in queries.letters(finding, MOST_LETTERS)
        ],
    }


def _drawn(days: list[tuple[date, int]]) -> charts.Chart:
    columns = [
        charts.Column(
            [items],
            f"{words.day(day)}: {items:,}",
            f"{day.day} {day:%b}" if n % (2 * queries.WEEK) == 0 else "",
        )
        for n, (day, items) in enumerate(days)
    ]
    return charts.stacked(columns)


def _weeks(days: list[tuple[date, int]]) -> list[tuple[str, int]]:
    """The newest first."""
    parts = [days[n : n + queries.WEEK] for n in range(0, len(days), queries.WEEK)]
    return [
        (charts.span(part[0][0], part[-1][0]), sum(items for _day, items in part))
        for part in reversed(parts)
    ]


def _touch(touch: Any) -> dict[str, Any]:
    return {
        "customer": touch.customer,
        "items": touch.items,
        "told": touch.told,
        "days": charts.span(touch.first_on, touch.last_on),
    }


def _calls(finding: Finding, today: date) -> list[tuple[str, str, UUID]]:
    """Some calls by id, to be looked up; never what was in them."""
    if not finding.items:
        return []
    group = (finding.kind, finding.subprocessor, finding.account, finding.endpoint)
    found = flagged.samples(group, today=today, most=MOST_CALLS)
    names = Customer.objects.in_bulk({customer for customer, _day, _call in found})
    return [(str(names.get(owner, owner)), words.day(day), call) for owner, day, call in found]


site.page(
    "findings/<uuid:identifier>/", one, name="finding", title="Finding", task="today",
    right="compliance.view_finding", listed=False,
)  # fmt: skip
