"""Find an AI call by its id: its dates, its state and its deletion record, never its content.

Every look is an entry in the activity log, written before the answer is shown. The id comes in the
body of a form: in an address it would stand in histories and logs.

A wrong day must not turn a kept call into a deleted one, so the customer's own id is looked for on
every live day, whichever day was named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.cache import never_cache

from compliance.admin import call_missing, site, words
from compliance.admin.call_missing import Missing
from compliance.admin.call_question import Question, server_day
from compliance.admin.call_shown import Found, calls_of
from compliance.audit.looks import note_look
from compliance.people.acting import acting
from retention import clock
from retention.records import trace
from retention.records.trace import Trace

TITLE = "Find an AI call"
MOST_SHOWN = 20
ITEM = "This is the id of an item of this AI call."


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page says: calls, or other spellings of the id, or why there is none."""

    calls: Sequence[Found] = ()
    notes: Sequence[str] = ()
    offers: Sequence[str] = ()
    missing: Missing | None = None

    @property
    def title(self) -> str:
        """What the page is called now."""
        number = len(self.calls)
        return f"{number} AI call{'s' * (number > 1)} found" if number else "No AI call found"


@dataclass(slots=True)
class Search:
    """What was found: to show, with what there is to say about it; and what is only offered."""

    shown: list[Trace] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    offered: dict[str, list[Trace]] = field(default_factory=dict)
    of_others: bool = False

    def looked_at(self) -> list[tuple[UUID, UUID]]:
        """Every call of which the answer says that it is there."""
        told = [*self.shown, *(found for same in self.offered.values() for found in same)]
        return [(found.customer, found.exchange) for found in told]


@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """The form, and the answer to it."""
    form = Question(request.POST if request.method == "POST" else None)
    answer, title = None, TITLE
    if request.method == "POST" and form.is_valid():
        answer = _look(request, form.cleaned_data)
        title = f"{answer.title} · {TITLE}"
    elif form.errors:
        title = f"Error: {TITLE}"
    context = {**site.each_context(request), "title": title, "heading": TITLE, "form": form}
    return TemplateResponse(request, "admin/calls.html", {**context, "answer": answer})


def _look(request: HttpRequest, asked: dict[str, Any]) -> Answer:
    identifier, customer, day = asked["id"].strip(), asked["customer"], asked["day"]
    search = _search(identifier, customer, day)
    note_look(search.looked_at(), customer=customer, by=acting(request), now=clock.now())
    if search.shown:
        return Answer(calls_of(search.shown), search.notes)
    if search.offered:
        return Answer(offers=list(search.offered))
    return Answer(missing=_missing(search, identifier, customer, day))


def _missing(search: Search, identifier: str, customer: UUID | None, day: date | None) -> Missing:
    if customer and search.of_others:
        return call_missing.of_nobody_named(customer)
    other = call_missing.of_another_kind(identifier, customer)
    return other or call_missing.nothing(customer, server_day(identifier) or day)


def _search(identifier: str, customer: UUID | None, day: date | None) -> Search:
    """By the id that we gave, then by the customer's own, then by that in other capitals."""
    search = Search()
    if server_day(identifier):
        found = trace.by_server_id(UUID(identifier))
        mine = [one for one in found if customer in (None, one.customer)]
        search.of_others = bool(found) and not mine
        if mine and mine[0].exchange != UUID(identifier):
            search.notes.append(ITEM)
        _show(search, mine, day)
    if customer and not search.shown:
        _show(search, trace.by_external_id(customer, identifier)[identifier], day)
    if customer and not search.shown:
        search.offered = dict(trace.by_external_id(customer, *_spellings(identifier)))
        search.offered = {text: same[:MOST_SHOWN] for text, same in search.offered.items()}
    return search


def _show(search: Search, found: Sequence[Trace], day: date | None) -> None:
    """Those of the day that was named; without any, all of them, and that the day is another."""
    of_day = [one for one in found if one.clock_day == day]
    shown = (of_day or found)[:MOST_SHOWN]
    search.shown = list(shown)
    if day and shown and not of_day:
        days = ", ".join(words.day(one.clock_day) for one in shown)
        search.notes.append(f"Found, counted from another day: {days}.")
    if of_day and len(found) > len(of_day):
        search.notes.append("The same id stands on other days, too: leave the day empty.")
    elif len(found) > len(shown):
        search.notes.append(f"The newest {MOST_SHOWN} are shown: say the day to see an older one.")


def _spellings(identifier: str) -> list[str]:
    """The same in other capitals, as people write them; an id itself cannot be searched in part."""
    others = (identifier.lower(), identifier.upper(), identifier.capitalize(), identifier.title())
    return [text for text in dict.fromkeys(others) if text != identifier]


site.page(
    "calls/",
    find,
    name="calls",
    title=TITLE,
    task="kept",
    right="retention.view_cell",
)
