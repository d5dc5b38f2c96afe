"""The inbox of approvals: what waits for me, what waits for others, what was decided; deputies.

One address: `?request=…` shows one request with the form to decide on it. Every decision asks for
the password or second factor if it was not given within the last five minutes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse

from compliance.admin import site, words
from compliance.approvals import decide, deputies, queries
from compliance.approvals.deciders import Deciders, approvers, fit_to_stand_in
from compliance.approvals.errors import MayNotDecide, ReasonMissing, StaleRequest
from compliance.approvals.models import ApprovalRequest, Deputy
from compliance.approvals.registry import KINDS, Described, described, in_short
from compliance.people.acting import acting
from compliance.people.again import is_fresh, refuse_stale
from compliance.people.models import User
from retention import clock
from retention.errors import RetentionError

TONES: Mapping[str, str] = {
    "": "warn",
    "approved": "good",
    "declined": "bad",
    "taken_back": "quiet",
}
RIGHT = "compliance.view_approvalrequest"


@dataclass(frozen=True, slots=True)
class Shown:
    """A request in words."""

    request: ApprovalRequest
    about: Described
    may_decide: bool
    may_take_back: bool

    @property
    def label(self) -> str:
        """What kind of thing it is."""
        kind = KINDS.get(self.request.kind)
        return kind.label if kind else self.request.kind

    @property
    def url(self) -> str:
        """The page on which it is decided."""
        return f"{reverse('admin:approvals')}?request={self.request.pk}"

    @property
    def asked(self) -> str:
        """When."""
        return words.instant(self.request.asked_at)

    @property
    def decided(self) -> str:
        """When."""
        return words.instant(self.request.decided_at)

    @property
    def state(self) -> str:
        """In a word."""
        return self.request.get_decision_display() or "waits"

    @property
    def tone(self) -> str:
        """Its colour."""
        return TONES[self.request.decision]


def approvals(request: HttpRequest) -> HttpResponse:
    """The page."""
    if request.method == "POST":
        return refuse_stale(request, back=_back(request)) or _act(request)
    if "request" in request.GET:
        return _one(request, _found(request.GET["request"]))
    me, today = cast(User, request.user), clock.today()
    deciders = Deciders(today)
    waiting = [_shown(row, me, deciders) for row in queries.waiting()]
    lasting = list(queries.lasting(today))
    context = {
        "title": "Approvals",
        "mine": [row for row in waiting if row.may_decide],
        "others": [row for row in waiting if not row.may_decide],
        "decided": [_shown(row, me, deciders) for row in queries.decided()],
        "deputies": [(row, _days(row), _may_end(row, me)) for row in lasting],
        "form": _deputy_form(me, today),
    }
    return TemplateResponse(
        request, "admin/approvals.html", {**site.each_context(request), **context}
    )


def _shown(row: ApprovalRequest, me: User, deciders: Deciders) -> Shown:
    return Shown(
        row,
        described(row.kind, row.subject),
        may_decide=row.is_open and deciders.may(me.pk, row),
        may_take_back=row.is_open and row.asked_by_id == me.pk,
    )


def _one(
    request: HttpRequest, row: ApprovalRequest, *, wrong: str = "", note: str = ""
) -> HttpResponse:
    """One request, and the form for whoever may decide on it."""
    me, deciders = cast(User, request.user), Deciders(clock.today())
    shown = _shown(row, me, deciders)
    context = {
        "title": shown.about.title,
        "shown": shown,
        "in_short": in_short(row.kind, row.subject, now=clock.now()) if row.is_open else (),
        "stands_in_for": deciders.in_place_of(me.pk, row) if shown.may_decide else None,
        "deciders": deciders.of(row) if row.is_open else [],
        "fresh": is_fresh(request),
        "wrong": wrong,
        "note": note,
    }
    return TemplateResponse(
        request, "admin/approval.html", {**site.each_context(request), **context}
    )


def _found(identifier: str) -> ApprovalRequest:
    rows = ApprovalRequest.objects.select_related("asked_by", "author", "decided_by", "in_place_of")
    try:
        return rows.get(pk=UUID(identifier))
    except (ValueError, ApprovalRequest.DoesNotExist):
        raise Http404 from None


def _back(request: HttpRequest) -> str:
    """The page with the form that was sent."""
    page = reverse("admin:approvals")
    identifier = request.POST.get("request")
    return f"{page}?request={_found(identifier).pk}" if identifier else page


def _act(request: HttpRequest) -> HttpResponse:
    """What a form of the page asks for."""
    what = request.POST.get("do", "")
    if what in ("approve", "decline", "take_back"):
        return _decide(request, what)
    if what == "appoint":
        return _appoint(request)
    if what == "end_deputy":
        return _end_deputy(request)
    raise Http404


def _decide(request: HttpRequest, what: str) -> HttpResponse:
    row, note = _found(request.POST.get("request", "")), request.POST.get("note", "")
    by, now = acting(request), clock.now()
    try:
        if what == "approve":
            decide.approve(row, note=note, by=by, now=now)
        elif what == "decline":
            decide.decline(row, note=note, by=by, now=now)
        else:
            decide.take_back(row, by=by, now=now)
    except ReasonMissing as refusal:
        return _one(request, row, wrong=str(refusal))
    except (MayNotDecide, StaleRequest) as refusal:
        messages.warning(request, f"Nothing was done. {refusal}")
    except RetentionError as refusal:
        # The verb of its kind refused: nothing was decided.
        return _one(request, _found(str(row.pk)), wrong=str(refusal), note=note)
    else:
        done = f"{described(row.kind, row.subject).title}: {row.get_decision_display()}."
        messages.success(request, done)
    return HttpResponseRedirect(reverse("admin:approvals"))


class DeputyForm(forms.Form):
    """Who stands in for whom, on which days."""

    person = forms.ModelChoiceField(label="Who is away", queryset=User.objects.none())
    deputy = forms.ModelChoiceField(label="Who decides instead", queryset=User.objects.none())
    first_day = forms.DateField(label="From", widget=forms.DateInput({"type": "date"}))
    last_day = forms.DateField(label="To, including", widget=forms.DateInput({"type": "date"}))


def _deputy_form(me: User, today: date, data: object = None) -> DeputyForm | None:
    """For approvers about themselves, for administrators about any approver."""
    people = approvers().order_by("email")
    if not me.has_perm("compliance.give_roles"):
        people = people.filter(pk=me.pk)
        if not people.exists():
            return None
    form = DeputyForm(data, initial={"person": me.pk, "first_day": today})  # type: ignore[arg-type]
    form.fields["person"].queryset = people  # type: ignore[attr-defined]
    others = fit_to_stand_in().exclude(pk=me.pk).order_by("email")
    form.fields["deputy"].queryset = others  # type: ignore[attr-defined]
    return form


def _appoint(request: HttpRequest) -> HttpResponse:
    form = _deputy_form(cast(User, request.user), clock.today(), request.POST)
    page = HttpResponseRedirect(reverse("admin:approvals"))
    if form is None or not form.is_valid():
        messages.error(request, "No deputy was named: choose both people and both days.")
        return page
    try:
        made = deputies.appoint(**form.cleaned_data, by=acting(request), now=clock.now())
    except RetentionError as refusal:
        messages.error(request, f"No deputy was named. {refusal}")
    else:
        told = f"Deputy named: {made.deputy} decides for {made.person}, {_days(made)}."
        messages.success(request, told)
    return page


def _end_deputy(request: HttpRequest) -> HttpResponse:
    try:
        row = Deputy.objects.select_related("person").get(pk=UUID(request.POST.get("deputy", "")))
    except (ValueError, Deputy.DoesNotExist):
        raise Http404 from None
    try:
        deputies.end(row, by=acting(request), now=clock.now())
    except RetentionError as refusal:
        messages.warning(request, f"Nothing was done. {refusal}")
    else:
        messages.success(request, f"Ended: {row.deputy} decides for {row.person} no longer.")
    return HttpResponseRedirect(reverse("admin:approvals"))


def _may_end(row: Deputy, me: User) -> bool:
    return me.pk in (row.person_id, row.deputy_id) or me.has_perm("compliance.give_roles")


def _days(row: Deputy) -> str:
    if row.first_day == row.last_day:
        return words.day(row.first_day)
    return f"{words.day(row.first_day)} to {words.day(row.last_day)}"


site.page("approvals/", approvals, name="approvals", title="Approvals", task="today", right=RIGHT)
