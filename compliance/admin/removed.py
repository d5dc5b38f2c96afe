"""What is gone, in numbers: by kind and month."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_safe

from compliance.admin import site, words
from retention import clock
from retention.expiry import removed
from retention.expiry.removed import Gone
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


def lately(today: date) -> Removed:
    """What went since the midnight 30 days ago. One query."""
    first = today - timedelta(days=DAYS_BACK)
    return _added_up(words.day(first), removed.gone(first, today))


def months(today: date) -> list[Removed]:
    """This month and those before it, the newest first. One query."""
    firsts = [add_months(today.replace(day=1), -n) for n in range(MONTHS_BACK + 1)]
    found = removed.gone(firsts[-1], today)
    return [
        _added_up(f"{first:%b\u00a0%Y}", (gone for gone in found if gone.month == first))
        for first in firsts
    ]


def _added_up(when: str, found: Iterable[Gone]) -> Removed:
    items: Counter[tuple[str, bool]] = Counter()
    for gone in found:
        items[gone.data_class, gone.returned] += gone.items
    by_run = [items[kind, False] for kind in words.KINDS_OF_DATA]
    return Removed(when, by_run, sum(items[kind, True] for kind in words.KINDS_OF_DATA))


@require_safe
def by_month(request: HttpRequest) -> HttpResponse:
    """The page."""
    now = clock.now()
    context = {
        **site.each_context(request),
        "title": "Deleted, by month",
        "lately": lately(now.date()),
        "months": months(now.date()),
        "kinds": list(words.KINDS_OF_DATA.values()),
        "counted_at": words.instant(now),
    }
    return TemplateResponse(request, "admin/removed.html", context)


site.page(
    "removed/", by_month, name="removed", title="Deleted, by month", task="gone",
    right="retention.view_deletionrecord",
)  # fmt: skip
