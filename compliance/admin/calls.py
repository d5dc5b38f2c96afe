"""Find an AI call by its id: its dates, its state and its deletion record, never its content.

Every look is an entry in the activity log, written before the answer is shown. The id comes in the
body of a form: in an address it would stand in histories and logs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache

from compliance.admin import site, words
from compliance.admin.readonly import as_uuid, customers_named
from compliance.audit.looks import note_look
from compliance.customers.models import Customer
from compliance.people.acting import acting
from retention import clock
from retention.policies.rules import DataClass, ceiling
from retention.records import trace
from retention.records.identity import day_of
from retention.records.models import Cell
from retention.records.trace import Trace

MOST_SHOWN = 20
NONE_KEPT = "No AI call with this id is kept"


class Question(forms.Form):
    """An id, and what else is known of the call."""

    id = forms.CharField(
        label="Id of the AI call",
        max_length=200,
        help_text="The one in our answer, or the customer’s own.",
    )
    customer = forms.CharField(
        required=False,
        max_length=200,
        help_text="Name or id. Needed for the customer’s own id.",
    )
    day = forms.DateField(
        label="Counted from",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The UTC day of the call, if it is known.",
    )

    def clean_customer(self) -> UUID | None:
        """Exactly one customer, or none named."""
        typed = self.cleaned_data["customer"].strip()
        if not typed:
            return None
        found = customers_named(typed)
        if len(found) > 1:
            exact = Customer.objects.filter(name__iexact=typed).values_list("pk", flat=True)[:2]
            found = list(exact) if len(exact) == 1 else found
        if len(found) != 1:
            many = "Several customers are called so: type the whole name or the id."
            raise forms.ValidationError(many if found else "No customer is called so.")
        return found[0]

    def clean(self) -> dict[str, Any]:
        """The customer's own id says nothing without the customer."""
        cleaned = super().clean() or {}
        named = cleaned.get("customer") or "customer" in self.errors
        if cleaned.get("id") and not named and _server_day(cleaned["id"]) is None:
            self.add_error("customer", "This is a customer’s own id: say whose.")
        return cleaned


@dataclass(frozen=True, slots=True)
class Line:
    """What became of one kind of data of a call."""

    kind: str
    items: int
    state: str
    deletion_date: str
    deletion: UUID | None


@dataclass(frozen=True, slots=True)
class Found:
    """A call as the page shows it."""

    id: UUID
    customer: str
    customer_id: UUID
    counted_from: str
    occurred: str
    received: str
    returned: str
    erased: str
    lines: Sequence[Line]


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page says: calls, or why there is none and what that means."""

    calls: Sequence[Found] = ()
    title: str = ""
    text: str = ""
    lines: Sequence[Line] = ()
    records_url: str = ""


@never_cache
def find(request: HttpRequest) -> HttpResponse:
    """The form, and the answer to it."""
    form = Question(request.POST if request.method == "POST" else None)
    answer = None
    if request.method == "POST" and form.is_valid():
        answer = _look(request, form.cleaned_data)
    context = {**site.each_context(request), "title": "Find an AI call", "form": form}
    return TemplateResponse(request, "admin/calls.html", {**context, "answer": answer})


def _look(request: HttpRequest, asked: dict[str, Any]) -> Answer:
    identifier, customer, day = asked["id"].strip(), asked["customer"], asked["day"]
    traces = _traces(identifier, customer, day)[:MOST_SHOWN]
    found = [(found.customer, found.exchange) for found in traces]
    note_look(found, customer=customer, by=acting(request), now=clock.now())
    if traces:
        return Answer(calls=_calls(traces))
    return _nothing(customer, _server_day(identifier) or day)


def _traces(identifier: str, customer: UUID | None, day: date | None) -> list[Trace]:
    found: list[Trace] = []
    if _server_day(identifier):
        found = trace.by_exchange(UUID(identifier), customer)
    if not found and customer:
        found = trace.by_external_id(customer, identifier, day)
    return found


def _server_day(identifier: str) -> date | None:
    """The day that one of our ids carries; None for any other text."""
    exchange = as_uuid(identifier.strip())
    try:
        return day_of(exchange) if exchange else None
    except ValueError:
        return None


def _calls(traces: Sequence[Trace]) -> list[Found]:
    owners = Customer.objects.in_bulk({found.customer for found in traces})
    cells = trace.cells_of(
        (found.customer for found in traces), (found.clock_day for found in traces)
    )
    today = clock.today()
    return [
        Found(
            found.exchange,
            str(owners.get(found.customer, found.customer)),
            found.customer,
            words.day(found.clock_day),
            words.instant(found.occurred_at),
            words.instant(found.received_at),
            words.instant(found.delivered_at),
            words.instant(found.erased_at),
            list(_lines(found, cells[found.customer, found.clock_day], today)),
        )
        for found in traces
    ]


def _lines(found: Trace, cells: Sequence[Cell], today: date) -> Iterator[Line]:
    """Every kind of data: its items, or what became of them."""
    asked_for = {cell.retain_days for cell in cells if cell.id in found.rows}
    for kind in DataClass:
        mine = [cell for cell in cells if cell.data_class == kind and cell.id in found.rows]
        yield from (_line(cell, found.rows[cell.id], today) for cell in mine)
        if mine:
            continue
        past = [c for c in cells if c.data_class == kind and c.retain_days in asked_for]
        if kind == DataClass.SNIPPET and found.delivered_at:
            state = f"none left: removed when returned, {words.instant(found.delivered_at)}"
            yield Line(words.kind_of_data(kind), 0, state, words.NOTHING, None)
        elif gone := [cell for cell in past if cell.shredded_at]:
            yield _gone(gone[0])
        else:
            yield Line(words.kind_of_data(kind), 0, "none", words.NOTHING, None)


def _line(cell: Cell, items: int, today: date) -> Line:
    return Line(
        words.kind_of_data(cell.data_class),
        items,
        words.condition(cell, today),
        words.deletion_date(cell.expires_on),
        cell.deletion_id,
    )


def _gone(cell: Cell) -> Line:
    state = f"none left: unreadable since {words.instant(cell.shredded_at)}"
    date = words.deletion_date(cell.expires_on)
    return Line(words.kind_of_data(cell.data_class), 0, state, date, cell.deletion_id)


def _nothing(customer: UUID | None, day: date | None) -> Answer:
    """Nothing has this id now; what is deleted leaves no id behind, but its day is known."""
    query = {name: str(value) for name, value in (("customer", customer), ("day", day)) if value}
    url = reverse("admin:retention_deletionrecord_changelist", query=query)
    if day is None:
        text = "What was deleted leaves no id behind. Say its day to see what became of it."
        return Answer(title=f"{NONE_KEPT}.", text=text, records_url=url)
    if customer is None:
        return _nothing_on(day, url)
    cells = trace.cells_of([customer], [day])[customer, day]
    if not cells:
        text = "No item of this customer was ever counted from that day."
        return Answer(title="Nothing was ever stored on that day.", text=text)
    if all(cell.shredded_at for cell in cells):
        text = "If there was a call with this id, it is gone with them: this is what was deleted."
        title = f"Everything counted from {words.day(day)} is deleted."
        return Answer(title=title, text=text, lines=[_gone(c) for c in cells], records_url=url)
    text = "Other calls of that day are kept, so this one was never stored, or deleted on request."
    return Answer(title=f"{NONE_KEPT}.", text=text)


def _nothing_on(day: date, url: str) -> Answer:
    end = ceiling(day)
    if end <= clock.today():
        text = (
            f"Whatever was counted from {words.day(day)} is unreadable since "
            f"{words.deletion_date(end)} at the latest."
        )
        return Answer(title="Deleted as promised.", text=text, records_url=url)
    text = f"The id is of {words.day(day)}. Say whose call it was to see what became of that day."
    return Answer(title=f"{NONE_KEPT}.", text=text, records_url=url)


site.page(
    "calls/",
    find,
    name="calls",
    title="Find an AI call",
    task="kept",
    right="retention.view_cell",
)
