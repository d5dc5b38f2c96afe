"""What is gone, in numbers: by kind and month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from compliance.admin import site, words
from retention import clock
from retention.expiry import queries
from retention.expiry.queries import Gone
from retention.policies.rules import add_months

DAYS_BACK, MONTHS_BACK = 30, 6


@dataclass(frozen=True, slots=True)
class Removed:
    """What went during a time: items by kind, in the order of the kinds.

    `returned`: code snippets that went when their result was returned. They are in none of the
    other numbers.
    """

    when: str
    items: Sequence[int]
    returned: int

    @property
    def total(self) -> int:
        """Of all kinds, by deletion runs."""
        return sum(self.items)

    @property
    def kinds(self) -> list[tuple[str, int]]:
        """Each kind in words, with its number."""
        return list(zip(words.KINDS_OF_DATA.values(), self.items, strict=True))


def lately(now: datetime) -> Removed:
    """What went since the midnight 30 days ago. Two queries."""
    first = now.date() - timedelta(days=DAYS_BACK)
    found = queries.removed(_midnight(first), now)
    return _added_up(words.day(first), found, queries.returned(first, now.date()))


def months(now: datetime) -> list[Removed]:
    """This month and those before it, the newest first. Two queries."""
    this = now.date().replace(day=1)
    firsts = [add_months(this, -n) for n in range(MONTHS_BACK + 1)]
    found = queries.removed(_midnight(firsts[-1]), now)
    returned = queries.returned(firsts[-1], now.date())
    return [
        _added_up(f"{first:%b\u00a0%Y}", _of(first, found), _of(first, returned))
        for first in firsts
    ]


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _of(month: date, found: Iterable[Gone]) -> list[Gone]:
    return [gone for gone in found if gone.month == month]


def _added_up(when: str, removed: Iterable[Gone], returned: Iterable[Gone]) -> Removed:
    items: Counter[str] = Counter()
    for gone in removed:
        items[gone.data_class] += gone.items
    by_kind = [items[kind] for kind in words.KINDS_OF_DATA]
    return Removed(when, by_kind, sum(gone.items for gone in returned))


@require_safe
def by_month(request: HttpRequest) -> HttpResponse:
    """The page."""
    now = clock.now()
    context = {
        **site.each_context(request),
        "title": "Deleted, by month",
        "lately": lately(now),
        "months": months(now),
        "kinds": list(words.KINDS_OF_DATA.values()),
        "counted_at": words.instant(now),
    }
    return TemplateResponse(request, "admin/removed.html", context)


site.page(
    "removed/", by_month, name="removed", title="Deleted, by month", task="gone",
    right="retention.view_deletionrecord",
)  # fmt: skip
