"""Volumes: how much came in, by day, kind, model and purpose. Nothing of what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import urlencode
from django.utils.text import capfirst

from compliance.admin import charts, site, words
from compliance.customers.models import Customer
from compliance.evaluation import volumes
from compliance.evaluation.volumes import Amount, Period, Volumes
from retention import clock

DAYS: Mapping[str, str] = {"30": "30 days", "90": "90 days", "182": "6 months", "728": "2 years"}
MEASURES: Mapping[str, str] = {"items": "Items", "size": "Size"}
MOST_ROWS, MOST_MATCHES = 10, 10
REST = "all others"
NOT_NAMED = "not named"


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a table with its bar, in hundredths of the longest."""

    name: str
    beside: str
    amount: Amount
    share: float
    css: str = charts.SERIES[0]

    @property
    def size(self) -> str:
        """In words."""
        return charts.bytes_in_words(self.amount.bytes)

    @property
    def average(self) -> str:
        """Of one item."""
        return charts.bytes_in_words(self.amount.average)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page was asked for."""

    days: str
    measure: str
    name: str
    customer: Customer | None
    matches: list[Customer]

    @property
    def found(self) -> list[tuple[Customer, str]]:
        """Each customer that was perhaps meant, and the address of its page."""
        return [(customer, self.address(customer=customer.name)) for customer in self.matches]

    def address(self, **other: str) -> str:
        """The same page with something else."""
        asked = {"days": self.days, "measure": self.measure, "customer": self.name, **other}
        return "?" + urlencode({name: value for name, value in asked.items() if value})


def page(request: HttpRequest) -> HttpResponse:
    """The page, over all customers or one of them."""
    asked = _asked(request)
    context = {**site.each_context(request), "title": "Volumes", "asked": asked}
    context |= {"choices": DAYS.items(), "tabs": _tabs(asked)}
    if not asked.name or asked.customer:
        context |= _facts(asked, clock.today())
    return render(request, "admin/volumes.html", context)


def _asked(request: HttpRequest) -> Asked:
    """Nonsense in the address means the usual choice."""
    days, measure = request.GET.get("days", ""), request.GET.get("measure", "")
    name = request.GET.get("customer", "").replace("\0", "").strip()[:200]
    found = list(Customer.objects.filter(name__icontains=name)[: MOST_MATCHES + 1]) if name else []
    exact = [customer for customer in found if customer.name.lower() == name.lower()]
    one = exact[:1] or (found if len(found) == 1 else [])
    return Asked(
        days if days in DAYS else "30",
        measure if measure in MEASURES else "items",
        one[0].name if one else name,
        one[0] if one else None,
        [] if one else found,
    )


def _tabs(asked: Asked) -> list[tuple[str, str, bool]]:
    return [
        (title, asked.address(measure=measure), measure == asked.measure)
        for measure, title in MEASURES.items()
    ]


def _facts(asked: Asked, today: date) -> dict[str, Any]:
    period = volumes.last_days(today, int(asked.days))
    found = volumes.volumes(period, customer=asked.customer.pk if asked.customer else None)
    size = asked.measure == "size"
    return {
        "period": period,
        "total": Row("", "", found.total, 100),
        "steps": _steps(found, size),
        "chart": _drawn(found, size),
        "kinds": _kinds(found, size),
        "models": _models(found, size),
        "purposes": _purposes(found, size),
        "legend": list(zip(words.KINDS_OF_DATA.values(), charts.SERIES, strict=True)),
        "size": size,
    }


def _measure(amount: Amount, size: bool) -> int:
    return amount.bytes if size else amount.items


def _steps(found: Volumes, size: bool) -> list[tuple[str, list[str], str]]:
    """Newest first: when, each kind, and all."""
    say = charts.bytes_in_words if size else "{:,}".format
    rows = []
    for start, by_kind in reversed(list(found.by_step.items())):
        values = [_measure(by_kind.get(kind, volumes.NONE), size) for kind in words.KINDS_OF_DATA]
        rows.append((_when(found.period, start), [say(n) for n in values], say(sum(values))))
    return rows


def _when(period: Period, start: date) -> str:
    if period.step == 1:
        return words.day(start)
    return charts.span(start, start + timedelta(days=period.step - 1))


def _drawn(found: Volumes, size: bool) -> charts.Chart:
    """A column a day or a week; about six of them have their date under them."""
    starts = list(found.by_step.items())
    every = max(1, -(-len(starts) // 6))
    columns = []
    for n, (start, by_kind) in enumerate(starts):
        values = [_measure(by_kind.get(kind, volumes.NONE), size) for kind in words.KINDS_OF_DATA]
        label = f"{start.day} {start:%b}" if n % every == 0 else ""
        columns.append(charts.Column(values, _says(found.period, start, by_kind, size), label))
    return charts.stacked(columns, size=size, width=charts.WIDE)


def _says(period: Period, start: date, by_kind: Mapping[str, Amount], size: bool) -> str:
    """What a column says when it is pointed at."""
    if size:
        all_bytes = sum(amount.bytes for amount in by_kind.values())
        return f"{_when(period, start)}: {charts.bytes_in_words(all_bytes)}"
    return (
        f"{_when(period, start)}:"
        f" {words.counts({kind: amount.items for kind, amount in by_kind.items()})}"
    )


def _kinds(found: Volumes, size: bool) -> list[Row]:
    rows = [
        (capfirst(words.kind_of_data(kind)), "", found.by_kind.get(kind, volumes.NONE))
        for kind in words.KINDS_OF_DATA
    ]
    return _rows(rows, size, css=charts.SERIES)


def _models(found: Volumes, size: bool) -> list[Row]:
    largest = volumes.largest(found.by_model, MOST_ROWS, (REST, ""))
    return _rows([(model, vendor, amount) for (model, vendor), amount in largest], size)


def _purposes(found: Volumes, size: bool) -> list[Row]:
    largest = volumes.largest(found.by_purpose, MOST_ROWS, REST)
    return _rows([(name, "", amount) for name, amount in largest], size)


def _rows(found: list[tuple[str, str, Amount]], size: bool, css: tuple[str, ...] = ()) -> list[Row]:
    longest = max((_measure(amount, size) for _name, _beside, amount in found), default=0)
    return [
        Row(
            name or NOT_NAMED,
            "" if beside == volumes.OTHER else beside,
            amount,
            charts.share(_measure(amount, size), longest),
            css[n] if css else charts.SERIES[0],
        )
        for n, (name, beside, amount) in enumerate(found)
    ]


site.page(
    "volumes/", page, name="volumes", title="Volumes", task="kept", right="retention.view_cell"
)
