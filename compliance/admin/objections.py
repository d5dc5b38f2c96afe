"""Objections of customers to a change, and how they end: four ways, each with what follows.

Until it is decided, the version that keeps less applies to that customer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse

from compliance.admin import site, versions_page, words
from compliance.admin.readonly import as_date
from compliance.admin.versions_page import ANNOUNCE, LOOK
from compliance.customers.lifecycle import export_until
from compliance.customers.models import Contact
from compliance.notices import answer
from compliance.notices.models import Objection
from compliance.people.acting import acting
from compliance.people.again import is_fresh, refuse_stale
from compliance.people.models import User
from retention import clock
from retention.errors import NoVersionInForce, RetentionError
from retention.expiry import profiles
from retention.policies.rules import Profile

SHOWN, LONGEST = 100, 2_000
TITLE = "Objections"


@dataclass(frozen=True, slots=True)
class Outcome:
    """A way to end it: what it is called, and what follows."""

    code: str
    label: str
    follows: Sequence[str]


def objections(request: HttpRequest) -> HttpResponse:
    """The list, or one of them by `?objection=`; POST decides it."""
    if "objection" in request.GET or request.method == "POST":
        asked = request.GET.get("objection", request.POST.get("objection", ""))
        return _one(request, _found(asked))
    rows = _with_everything()
    return versions_page.page(
        request,
        "objections",
        title=TITLE,
        waiting=[
            (row, words.instant(row.made_at))
            for row in rows.filter(decided_at=None).order_by("made_at")[:SHOWN]
        ],
        decided=[
            (row, words.instant(row.decided_at))
            for row in rows.exclude(decided_at=None).order_by("-decided_at")[:SHOWN]
        ],
    )


def _with_everything() -> Any:
    return Objection.objects.select_related(
        "notice__customer__account_owner",
        "notice__announcement__version",
        "notice__activation",
        "stay__kept",
        "decided_by",
    )


def _found(text: str) -> Any:
    try:
        return _with_everything().get(pk=UUID(text))
    except (ValueError, Objection.DoesNotExist):
        raise Http404 from None


def _one(request: HttpRequest, row: Any) -> HttpResponse:
    here = f"{reverse('admin:objections')}?objection={row.pk}"
    wrong = ""
    if request.method == "POST":
        versions_page.demand(request, ANNOUNCE)
        if stale := refuse_stale(request, back=here):
            return stale
        if row.decided_at:
            why = "This is over: somebody has decided it before."
            return versions_page.refused(request, why, here)
        outcome, until = request.POST.get("outcome", ""), as_date(request.POST.get("until", ""))
        note = request.POST.get("note", "").strip()[:LONGEST]
        wrong = _missing(outcome, note)
        until = until if outcome == Objection.Outcome.EXCEPTION else None
        if not wrong:
            try:
                by, now = acting(request), clock.now()
                answer.decide(row, outcome=outcome, until=until, note=note, by=by, now=now)
            except RetentionError as refusal:
                wrong = str(refusal)
            else:
                said = f"Decided for {row.notice.customer}: {row.get_outcome_display()}."
                return versions_page.done(request, said, reverse("admin:objections"))
    return _page(request, row, wrong)


def _missing(outcome: str, note: str) -> str:
    if outcome not in Objection.Outcome.values:
        return "Choose how it ends."
    return "" if note else "Say why: the customer reads it on its page."


def _page(request: HttpRequest, row: Any, wrong: str) -> HttpResponse:
    customer, made = row.notice.customer, row.notice.announcement
    given = row.notice.activation
    return versions_page.page(
        request,
        "objection",
        title=f"Objection of {customer}",
        version=made.version,
        trail=[(TITLE, reverse("admin:objections"))],
        row=row,
        made=words.instant(row.made_at),
        by=_who(row.made_by),
        effect=words.deletion_date(given.effective_on) if given else "",
        since=words.day(row.stay.first_day) if row.stay else "",
        decided=words.instant(row.decided_at),
        until=words.day(row.until),
        outcomes=[] if row.decided_at else outcomes(row),
        may_decide=request.user.has_perm(ANNOUNCE) and not row.decided_at,
        chosen=request.POST.get("outcome", ""),
        note=request.POST.get("note", ""),
        asked_until=request.POST.get("until", ""),
        today=clock.today().isoformat(),
        wrong=wrong,
        fresh=is_fresh(request),
        here=f"{reverse('admin:objections')}?objection={row.pk}",
    )


def _who(made_by: str) -> str:
    """The person or key that objected, by name."""
    kind, _, identifier = made_by.partition(":")
    if kind == "user":
        return str(User.objects.filter(pk=identifier).values_list("email", flat=True).first())
    if kind == "contact":
        return str(Contact.objects.filter(pk=identifier).values_list("email", flat=True).first())
    return "an API key of theirs" if kind == "key" else made_by


def outcomes(row: Any) -> Sequence[Outcome]:
    """Each with what follows for this customer."""
    version, today = row.notice.announcement.version, clock.today()
    kept = row.stay.kept if row.stay else None
    beside = f"{kept} stops applying beside {version}" if kept else f"{version} applies"
    leaves_on = words.day(export_until(clock.now()))
    return [
        Outcome(
            "accepted",
            "The customer accepts the change",
            [f"{beside} after {words.day(today)}."],
        ),
        Outcome(
            "exception",
            "An exception until a date",
            [
                f"{kept or 'The version before'} applies beside {version} to the end of that day:"
                " for each kind of data the shorter period wins. Then only the new one applies."
            ],
        ),
        Outcome("stricter", "Keep as little as possible", _stricter(row)),
        Outcome(
            "leaves",
            "The customer leaves",
            [
                "Nothing new is taken in from now on. There is no way back.",
                f"They can read and export until {leaves_on}; what keeps less goes on applying.",
            ],
        ),
    ]


def _stricter(row: Any) -> Sequence[str]:
    said = ["Prompts and snippets are stored without their text from now on, the rest for 30 days."]
    try:
        found = profiles.preview(row.notice.customer_id, Profile.MINIMAL, today=clock.today()).moved
    except NoVersionInForce:
        return said
    return [
        *said,
        f"{found.items:,} items move to an earlier date; {found.due:,} of them are deleted"
        " at once and cannot be brought back.",
    ]


site.page(
    "policy/objections/", objections, name="objections", title=TITLE, task="policy", right=LOOK
)
