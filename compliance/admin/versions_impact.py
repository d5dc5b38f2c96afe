"""What a version would do to what is kept, before anybody decides: sums, and a chart of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.http import HttpRequest, HttpResponse

from compliance.admin import charts, versions_page, words
from compliance.admin.charts import HEIGHT, LEFT, RIGHT, TOP, WIDE, Mark, ceiling, short
from compliance.admin.readonly import as_date
from compliance.admin.versions_queries import before
from compliance.notices import changes
from compliance.notices.words import side
from retention import clock
from retention.expiry.impact import impact
from retention.policies.models import PolicyVersion
from retention.policies.publish import earliest_effect

LABELS = 8


@dataclass(frozen=True, slots=True)
class Lines:
    """Two staircases in one drawing: what is kept under the old dates, and under the new ones."""

    old: str
    new: str
    grid: Sequence[Mark]
    labels: Sequence[Mark]
    width: int = WIDE
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDE - RIGHT


@dataclass(frozen=True, slots=True)
class KindRow:
    """One kind of data in the table of an impact."""

    kind: str
    groups: int
    items: int
    first_groups: int
    first_items: int


def impact_of(request: HttpRequest, version: PolicyVersion) -> HttpResponse:
    """The page; `?on=` asks for another day than the earliest possible one."""
    today = clock.today()
    earliest = earliest_effect(today)
    asked = as_date(request.GET.get("on", "")) or version.takes_effect_on or earliest
    day = max(asked, earliest) if version.state in ("draft", "approved") else asked
    found = impact(version, takes_effect_on=day, today=today).as_dict()
    against = before(version)
    return versions_page.page(
        request,
        "impact",
        title=f"Impact of {version}",
        version=version,
        against=against,
        changes=changes.changes(side(against), side(version)) if against else [],
        asked=day.isoformat(),
        earliest=earliest.isoformat(),
        too_early=asked < day,
        **shown(found),
    )


def shown(found: Mapping[str, Any]) -> dict[str, Any]:
    """An impact, as counted now or as it was stored, for the templates."""
    weeks = [(date.fromisoformat(day), old, new) for day, old, new in found["weeks"]]
    return {
        "impact": found,
        "counted_on": words.day(date.fromisoformat(found["today"])),
        "takes_effect": words.deletion_date(date.fromisoformat(found["takes_effect_on"])),
        "first_possible": words.day(date.fromisoformat(found["earliest"])),
        "kinds": _kinds(found),
        "first_items": sum(row["items"] for row in found["first_day"].values()),
        "drawing": drawn(weeks),
        "weeks": [(words.day(day), old, new, old - new) for day, old, new in weeks],
    }


def _kinds(found: Mapping[str, Any]) -> list[KindRow]:
    none = {"cells": 0, "items": 0}
    rows = []
    for kind, name in words.KINDS_OF_DATA.items():
        moved, first = found["by_class"].get(kind, none), found["first_day"].get(kind, none)
        rows.append(KindRow(name, moved["cells"], moved["items"], first["cells"], first["items"]))
    return rows


def drawn(weeks: Sequence[tuple[date, int, int]]) -> Lines:
    """Both lines over the weeks, on one scale."""
    top = ceiling(max((max(old, new) for _, old, new in weeks), default=0))
    room = (WIDE - LEFT - RIGHT) / max(1, len(weeks) - 1)

    def line(values: Sequence[int]) -> str:
        places = [
            f"{round(LEFT + n * room, 1)} {_height(value, top)}" for n, value in enumerate(values)
        ]
        return "M" + "L".join(places)

    every = max(1, len(weeks) // LABELS)
    labels = [
        Mark(round(LEFT + n * room, 1), f"{day.day}\u00a0{day:%b}")
        for n, (day, _, _) in enumerate(weeks)
        if n % every == 0 and n < len(weeks) - 1
    ]
    steps = [top * n // 4 for n in range(5)] if top >= 4 else list(range(top + 1))
    grid = [Mark(_height(value, top), short(value)) for value in steps]
    return Lines(line([w[1] for w in weeks]), line([w[2] for w in weeks]), grid, labels)


def _height(value: int, top: int) -> float:
    tall = HEIGHT - charts.BOTTOM - TOP
    return round(HEIGHT - charts.BOTTOM - tall * value / top, 1)
