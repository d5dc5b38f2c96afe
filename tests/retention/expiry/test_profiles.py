"""A customer chooses to keep as little as possible: at once, for what is there too (P16)."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from retention.actor import Actor
from retention.errors import NoVersionInForce
from retention.expiry import profiles, shorten
from retention.ledger.models import Entry
from retention.policies import queries
from retention.policies.models import ProfileChoice
from retention.policies.rules import Profile
from retention.records.models import Cell
from tests.factories.versions import database_day
from tests.retention.expiry.scenes import keep, noon

A_DAY = timedelta(days=1)
DAY = date(2026, 11, 22)
AMIR = Actor("user", UUID(int=7))
MINIMAL, STANDARD = Profile.MINIMAL, Profile.STANDARD


@pytest.fixture(autouse=True)
def _three_days(acme: UUID) -> None:
    database_day(DAY)
    for age in (100, 10, 0):
        keep(acme, DAY - age * A_DAY)


def ends(customer: UUID, data_class: str) -> list[date]:
    found = Cell.objects.filter(customer_id=customer, data_class=data_class, state="open")
    return list(found.order_by("clock_day").values_list("expires_on", flat=True))


def test_p16_the_preview_says_what_the_choice_then_does(acme: UUID) -> None:
    before = ends(acme, "prompt"), ends(acme, "response")
    plan = profiles.preview(acme, MINIMAL, today=DAY)
    assert (ends(acme, "prompt"), ends(acme, "response")) == before
    assert ProfileChoice.objects.count() == 1
    done = profiles.choose(acme, MINIMAL, by=AMIR, now=noon(DAY))
    assert done == plan
    assert (done.first_day, done.moved.by_class) == (DAY, {"prompt": 3, "response": 3})
    assert done.moved.due == 3


def test_p16_old_prompts_are_due_today_and_the_rest_after_30_days(acme: UUID) -> None:
    profiles.choose(acme, MINIMAL, by=AMIR, now=noon(DAY))
    assert ends(acme, "prompt") == [DAY - 70 * A_DAY, DAY, DAY + 30 * A_DAY]
    assert ends(acme, "response") == [DAY - 70 * A_DAY, DAY + 20 * A_DAY, DAY + 30 * A_DAY]
    kinds = [e.kind for e in Entry.objects.order_by("pk")]
    assert kinds[-2:] == ["policy:profile:chosen", "policy:profile:applied"]
    assert Entry.objects.filter(kind="policy:profile:chosen").get().facts["actor_id"] == str(
        AMIR.id
    )


def test_p16_the_way_back_begins_tomorrow_and_brings_nothing_back(acme: UUID) -> None:
    profiles.choose(acme, MINIMAL, by=AMIR, now=noon(DAY))
    before = ends(acme, "response")
    plan = profiles.preview(acme, STANDARD, today=DAY)
    back = profiles.choose(acme, STANDARD, by=AMIR, now=noon(DAY))
    assert back.first_day == plan.first_day == DAY + A_DAY
    assert back.moved.cells == plan.moved.cells == 0
    assert ends(acme, "response") == before
    database_day(DAY + A_DAY)
    keep(acme, DAY + A_DAY)
    assert ends(acme, "response") == [*before, date(2027, 5, 23)]


def test_p16_changing_ones_mind_on_the_same_day(acme: UUID) -> None:
    for profile in (MINIMAL, STANDARD, MINIMAL, STANDARD, MINIMAL):
        profiles.choose(acme, profile, by=AMIR, now=noon(DAY))
    terms = queries.terms(acme)
    assert profiles.current(terms) is MINIMAL
    assert terms.minimal(DAY, DAY)
    assert terms.minimal(DAY + 90 * A_DAY, DAY + 90 * A_DAY)
    profiles.choose(acme, STANDARD, by=AMIR, now=noon(DAY))
    terms = queries.terms(acme)
    assert terms.minimal(DAY, DAY)
    assert not terms.minimal(DAY + A_DAY, DAY + 90 * A_DAY)


def test_chosen_again_it_changes_nothing(acme: UUID) -> None:
    profiles.choose(acme, MINIMAL, by=AMIR, now=noon(DAY))
    entries = Entry.objects.count()
    again = profiles.choose(acme, MINIMAL, by=AMIR, now=noon(DAY))
    assert (again.first_day, again.moved.cells, Entry.objects.count()) == (DAY, 0, entries)
    assert profiles.preview(acme, MINIMAL, today=DAY).moved.cells == 0


def test_p16_broken_between_choice_and_cells_the_next_run_moves_them(
    acme: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as broken:
        broken.setattr(shorten, "apply_to", fail)
        with pytest.raises(ZeroDivisionError):
            profiles.choose(acme, MINIMAL, by=AMIR, now=noon(DAY))
    assert shorten.apply_due(DAY, noon(DAY)).by_class == {"prompt": 3, "response": 3}
    assert ends(acme, "prompt") == [DAY - 70 * A_DAY, DAY, DAY + 30 * A_DAY]


def test_who_is_bound_by_nothing_chooses_nothing(acme: UUID) -> None:
    for ask in (
        lambda: profiles.preview(UUID(int=1), MINIMAL, today=DAY),
        lambda: profiles.choose(UUID(int=1), MINIMAL, by=AMIR, now=noon(DAY)),
    ):
        with pytest.raises(NoVersionInForce):
            ask()


def test_p16_choosing_it_for_one_customer_moves_nothing_of_another(
    acme: UUID, borealis: UUID
) -> None:
    keep(borealis, DAY - 10 * A_DAY)
    before = ends(borealis, "prompt")
    profiles.choose(acme, MINIMAL, by=AMIR, now=noon(DAY))
    assert ends(borealis, "prompt") == before
