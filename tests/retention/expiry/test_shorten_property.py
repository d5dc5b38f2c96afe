"""Over random versions, profiles, stays and days: a cell made early and moved, one made late, and
the promise counted day by day all say the same day. Never earlier, never later (P4, P16)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from retention.actor import SYSTEM
from retention.expiry import profiles, shorten
from retention.policies import publish, queries, stays
from retention.policies.models import Activation, PolicyVersion
from retention.policies.rules import (
    MINIMAL_RULES,
    DataClass,
    Period,
    Profile,
    Rules,
    add_months,
)
from retention.records.cells import CellName, due_on
from retention.records.models import Cell
from tests.factories.versions import bound_from, database_day, rules_with, version_in
from tests.factories.versions import without_triggers as as_it_was
from tests.retention.expiry.scenes import noon

SIGN_UP = date(2026, 3, 1)
A_DAY = timedelta(days=1)
LENGTHS = st.builds(lambda n: Period(days=n), st.integers(1, 184)) | st.builds(
    lambda n: Period(months=n), st.integers(1, 6)
)
EVENTS = st.lists(
    st.tuples(
        st.integers(1, 120),
        st.sampled_from(["version", "voided", "minimal", "standard", "stay", "end"]),
        LENGTHS,
    ),
    max_size=8,
)
CLASSES = [DataClass.PROMPT, DataClass.RESPONSE]


class World:
    """One customer, its cells, and everything that came over it, day by day."""

    def __init__(self, clock_days: Iterable[date]) -> None:
        self.customer: UUID = uuid4()
        self.versions: list[tuple[date, Rules, PolicyVersion]] = []
        self.stays: list[list[Any]] = []
        self.choices: list[tuple[date, Profile]] = []
        self.clock_days = sorted(clock_days)
        database_day(SIGN_UP)
        publish.accept(self.customer, profile=Profile.STANDARD, by=SYSTEM, now=noon(SIGN_UP))
        self.versions.append((SIGN_UP, rules_with(), PolicyVersion.objects.get(number=1)))

    def live_through(self, events: list[tuple[int, str, Period]], last: date) -> None:
        """Each day's events, its new cells as ingest would make them, and its deletion run."""
        day_of = {SIGN_UP + n * A_DAY for n, *_ in events} | set(self.clock_days) | {last}
        for day in sorted(d for d in day_of if d <= last):
            database_day(day)
            for number, what, length in events:
                if SIGN_UP + number * A_DAY == day:
                    getattr(self, what)(day, length)
            if day in self.clock_days:
                self.make_cells(day)
            shorten.apply_due(day, noon(day))

    def version(self, day: date, length: Period) -> None:
        if day == self.versions[-1][0]:
            return
        number = PolicyVersion.objects.count() + 1
        periods = {"response": length, "prompt": length}
        made = version_in("announced", number=number, takes_effect_on=day, periods=periods)
        bound_from(self.customer, made, day)
        self.versions.append((day, rules_with(**periods), made))

    def voided(self, day: date, length: Period) -> None:
        number = PolicyVersion.objects.count() + 1
        periods = {"response": length}
        made = version_in("announced", number=number, takes_effect_on=day, periods=periods)
        told = bound_from(self.customer, made, day)
        with as_it_was():
            Activation.objects.filter(pk=told.pk).update(
                voided_at=noon(SIGN_UP), voided_for="bounced"
            )

    def minimal(self, day: date, _: Period) -> None:
        profiles.choose(self.customer, Profile.MINIMAL, by=SYSTEM, now=noon(day))
        self.choices.append((day, Profile.MINIMAL))

    def standard(self, day: date, _: Period) -> None:
        profiles.choose(self.customer, Profile.STANDARD, by=SYSTEM, now=noon(day))
        self.choices.append((day, Profile.STANDARD))

    def stay(self, day: date, _: Period) -> None:
        version = self.versions[-1][2]
        if any(one[3] == version and one[1] is None for one in self.stays):
            return
        made = stays.open_stay(self.customer, version, by=SYSTEM, now=noon(day))
        if made:
            kept = next(rules for _, rules, v in self.versions if v == made.kept)
            self.stays.append([day, None, kept, version, made])

    def end(self, day: date, length: Period) -> None:
        for one in self.stays:
            if one[1] is None:
                one[1] = day + (length.days or 0) % 9 * A_DAY
                stays.end_stay(one[4], last_day=one[1], by=SYSTEM, now=noon(day))

    def make_cells(self, day: date) -> None:
        terms = queries.terms(self.customer)
        for data_class in CLASSES:
            name = CellName(self.customer, day, data_class, 0)
            Cell.objects.create(
                id=name.id, customer_id=self.customer, clock_day=day, data_class=data_class.value,
                version_id=terms.version_on(day), expires_on=due_on(name, terms, day),
                created_at=noon(day), acknowledged=1,
            )  # fmt: skip

    # ---- the promise, counted day by day

    def promised(self, clock_day: date, data_class: DataClass, today: date) -> date:
        """The shortest that anything in force on any of these days says."""
        day, ends = clock_day, [add_months(clock_day, 6)]
        while day <= today:
            in_force = [rules for first, rules, _ in self.versions if first <= day][-1]
            ends.append(in_force.periods[data_class].end(clock_day))
            ends += [
                kept.periods[data_class].end(clock_day)
                for first, last, kept, *_ in self.stays
                if first <= day and (last is None or day <= last)
            ]
            if self._minimal(day):
                ends.append(self._minimal_end(clock_day, data_class, day))
            day += A_DAY
        return min(ends)

    def _minimal(self, day: date) -> bool:
        before = [profile for made, profile in self.choices if made < day]
        today = [profile for made, profile in self.choices if made == day]
        # Whoever goes back today keeps little until midnight.
        kept = bool(before) and before[-1] is Profile.MINIMAL
        return Profile.MINIMAL in today or kept

    def _minimal_end(self, clock_day: date, data_class: DataClass, day: date) -> date:
        first = day
        while self._minimal(first - A_DAY):
            first -= A_DAY
        end = MINIMAL_RULES.periods[data_class].end(clock_day)
        if data_class is DataClass.PROMPT and clock_day < first:
            return min(end, max(clock_day, first))
        return end


@pytest.fixture
def _approved(monkeypatch: pytest.MonkeyPatch, db: None) -> None:
    monkeypatch.setattr(shorten.content, "check", lambda version: None)


@pytest.mark.usefixtures("_approved")
@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    events=EVENTS,
    clock_days=st.sets(st.integers(0, 120), min_size=1, max_size=3),
    last=st.integers(0, 130),
)
@example(  # what came in under the longer version is reached by the stay with the shorter one
    events=[
        (10, "version", Period(days=10)),
        (40, "version", Period(days=90)),
        (60, "stay", Period(days=1)),
        (62, "end", Period(days=3)),
    ],
    clock_days={50, 64, 70},
    last=75,
)
@example(  # there and back on one day, and there again before it ended
    events=[
        (20, "minimal", Period(days=1)),
        (20, "standard", Period(days=1)),
        (20, "minimal", Period(days=1)),
        (30, "standard", Period(days=1)),
        (30, "minimal", Period(days=1)),
        (40, "standard", Period(days=1)),
    ],
    clock_days={10, 25, 45},
    last=50,
)
def test_p4_p16_made_late_is_made_early_and_moved_is_what_was_promised(
    events: list[tuple[int, str, Period]], clock_days: set[int], last: int
) -> None:
    today = SIGN_UP + last * A_DAY
    with transaction.atomic():
        world = World(SIGN_UP + n * A_DAY for n in clock_days)
        world.live_through(sorted(events, key=lambda event: event[0]), today)
        terms = queries.terms(world.customer)
        for cell in Cell.objects.filter(customer_id=world.customer):
            data_class = DataClass(cell.data_class)
            name = CellName(world.customer, cell.clock_day, data_class, 0)
            late = due_on(name, terms, today)
            assert cell.expires_on == late
            assert late == world.promised(cell.clock_day, data_class, today)
        transaction.set_rollback(True)
