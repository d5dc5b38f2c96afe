"""The first page: what is kept, what goes next, what went last, and what needs somebody today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from compliance.admin import charts, needs, policies, removed, site, words
from retention import clock
from retention.expiry import outlook, queries
from retention.expiry.models import SweepRun
from retention.expiry.outlook import Kept, Line

DAYS_AHEAD = 30
WEEK = 7


@dataclass(frozen=True, slots=True)
class KindRow:
    """What is kept of one kind of data. `code`: its name in addresses, `css`: how it is drawn."""

    kind: str
    code: str
    css: str
    kept_for: str
    items: int
    groups: int
    next_on: date | None

    @property
    def goes(self) -> str:
        """When the next of it goes."""
        return words.deletion_date(self.next_on)


@dataclass(frozen=True, slots=True)
class Going:
    """What goes on one day, or over some days: items by kind, in the order of the kinds."""

    first: date
    last: date
    items: Sequence[int]

    @property
    def total(self) -> int:
        """Of all kinds."""
        return sum(self.items)

    @property
    def when(self) -> str:
        """The day, or the first and the last of them."""
        return charts.span(self.first, self.last)

    @property
    def says(self) -> str:
        """The numbers in words."""
        return words.counts(dict(zip(words.KINDS_OF_DATA, self.items, strict=True)))


def index(request: HttpRequest) -> HttpResponse:
    """The page; staff that may not see what is kept get the navigation alone."""
    context = {**site.each_context(request), "title": "Today"}
    if request.user.has_perm("retention.view_cell"):
        # Alarms are among what needs somebody: one list of them is enough.
        context |= {**_facts(clock.now()), "alarms": ()}
    return render(request, "admin/index.html", context)


def _facts(now: datetime) -> dict[str, Any]:
    """A fixed number of queries, whatever is kept."""
    kept, guard = outlook.kept(now=now), queries.guard()
    today = now.date()
    days = upcoming(kept.until(today + timedelta(days=DAYS_AHEAD)), today)
    wanted = needs.everything(now)
    return {
        "day": words.day(today),
        "needs": [need for need in wanted if need.tone != "is-quiet"],
        "notes": [need for need in wanted if need.tone == "is-quiet"],
        "gone": removed.lately(today),
        "at_risk": sum(need.tone == "is-bad" for need in wanted),
        "counted_at": words.instant(kept.counted_at),
        "counted_late": needs.ago(now - kept.counted_at) if kept.late else "",
        "kinds": by_kind(kept.lines, policies.periods_in_force(today)),
        "kept_items": sum(line.items for line in kept.lines),
        "kept_groups": sum(line.cells for line in kept.lines),
        "next": next_deletion(kept, today),
        "last": last_deletion(queries.last_run()),
        "behind": (behind := queries.behind(today)),
        "behind_since": words.day(behind.keys_since),
        "looked": needs.ago(clock.host_now() - guard.host_time) if guard else "never",
        "days": days,
        "weeks": [_together(days[n : n + WEEK]) for n in range(0, len(days), WEEK)],
        "within": sum(day.total for day in days),
        "chart": drawn(days),
        "legend": list(zip(words.KINDS_OF_DATA.values(), charts.SERIES, strict=True)),
    }


def by_kind(lines: Iterable[Line], periods: Mapping[str, str]) -> list[KindRow]:
    """A row for each kind of data, also for those of which nothing is kept."""
    found: dict[str, list[Line]] = {kind: [] for kind in words.KINDS_OF_DATA}
    for line in lines:
        found[line.data_class].append(line)
    return [
        KindRow(
            words.kind_of_data(kind),
            kind,
            css,
            periods.get(kind, words.NOTHING),
            sum(line.items for line in mine),
            sum(line.cells for line in mine),
            min((line.expires_on for line in mine), default=None),
        )
        for (kind, mine), css in zip(found.items(), charts.SERIES, strict=True)
    ]


def upcoming(lines: Iterable[Line], today: date) -> list[Going]:
    """Each of the next days, from tomorrow on, also those on which nothing goes."""
    items: Counter[tuple[date, str]] = Counter()
    for line in lines:
        items[line.expires_on, line.data_class] += line.items
    days = [today + timedelta(days=n) for n in range(1, DAYS_AHEAD + 1)]
    return [Going(day, day, [items[day, kind] for kind in words.KINDS_OF_DATA]) for day in days]


def _together(days: Sequence[Going]) -> Going:
    items = [sum(column) for column in zip(*(day.items for day in days), strict=True)]
    return Going(days[0].first, days[-1].last, items)


def next_deletion(kept: Kept, today: date) -> dict[str, Any] | None:
    """The next day on which something goes, and what."""
    if not kept.lines:
        return None
    day = min(line.expires_on for line in kept.lines)
    going = Going(day, day, _items(line for line in kept.lines if line.expires_on == day))
    left = (day - today).days
    items = zip(words.KINDS_OF_DATA.values(), going.items, strict=True)
    return {
        "going": going,
        "in": "tomorrow" if left == 1 else f"in {left} days",
        "kinds": [(kind, number) for kind, number in items if number],
    }


def _items(lines: Iterable[Line]) -> list[int]:
    items: Counter[str] = Counter()
    for line in lines:
        items[line.data_class] += line.items
    return [items[kind] for kind in words.KINDS_OF_DATA]


def last_deletion(run: SweepRun | None) -> dict[str, Any] | None:
    """The last run that removed something, with what it proved."""
    if run is None:
        return None
    return {
        "run": run,
        "day": words.day(run.started_at.date()),
        "at": f"{run.started_at:%H:%M}",
        "records": run.deletions.count(),
    }


def drawn(days: Sequence[Going]) -> charts.Chart:
    """A column a day; every fifth has its date under it."""
    return charts.stacked(
        [
            charts.Column(
                day.items,
                f"{words.day(day.first)}: {day.says}",
                f"{day.first.day} {day.first:%b}" if n % 5 == 0 else "",
            )
            for n, day in enumerate(days)
        ]
    )


site.the_site().front = index
