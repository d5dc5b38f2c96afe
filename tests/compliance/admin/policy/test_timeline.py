"""The picture of the versions: what was, goes on, is to come, and was before."""

from __future__ import annotations

from datetime import date, timedelta

from compliance.admin import words
from compliance.admin.timeline import LEFT, WIDTH, Line, drawn, says
from compliance.admin.versions_queries import Stretch, bound_on
from compliance.customers.models import Customer
from retention import clock
from tests.compliance.admin.policy.conftest import LIST, Desk, plain
from tests.factories.versions import bound_from, version_in

TODAY = date(2026, 11, 22)
FIRST = [Stretch(date(2026, 3, 1), None, 3), Stretch(date(2026, 3, 1), date(2027, 1, 3), 7)]
NEXT = [Stretch(date(2027, 1, 3), None, 7)]


def test_a_stretch_binds_from_its_first_day_to_the_one_before_its_last() -> None:
    assert bound_on(FIRST, date(2027, 1, 2)) == 10
    assert bound_on(FIRST, date(2027, 1, 3)) == 3
    assert bound_on(NEXT, TODAY) == 0


def test_what_applies_is_filled_and_what_is_to_come_is_hatched() -> None:
    picture = drawn([Line("Version 1", "", FIRST), Line("Version 2", "", NEXT)], TODAY)
    first, second = picture.rows
    assert (bool(first.past), bool(first.goes_on), bool(first.future)) == (True, True, False)
    assert (bool(second.past), bool(second.goes_on), bool(second.future)) == (False, False, True)
    assert LEFT < picture.today < WIDTH


def test_what_was_before_is_grey_and_what_is_not_announced_only_an_outline() -> None:
    earlier = Line("2024", "", recorded=(date(2024, 1, 1), date(2026, 3, 1)))
    draft = Line("Version 2", "", possible=TODAY + timedelta(days=32))
    grey, outline = drawn([earlier, draft], TODAY).rows
    assert (bool(grey.grey), bool(grey.past)) == (True, False)
    assert (bool(outline.possible), bool(outline.future)) == (True, False)


def test_no_customer_at_all_draws_nothing_and_breaks_nothing() -> None:
    assert not drawn([Line("Version 1", "")], TODAY).rows[0].past
    assert drawn([], TODAY).rows == []
    assert says("Version 1", [], TODAY) == "Version 1: nobody today"


def test_the_page_shows_who_is_on_which_version(desk: Desk) -> None:
    for name in ("Acme", "Borealis"):
        desk.customer(name)
    version = version_in("announced", takes_effect_on=clock.today() + timedelta(days=3))
    bound_from(Customer.objects.get(name="Acme").pk, version, clock.today() + timedelta(days=3))
    page = plain(desk.officer.get(LIST))
    assert "Version 1: 2 customers today" in page
    assert "Version 2: 1 customer told" in page
    assert "announced, to come" in page
    desk.passes(days=4)
    page = plain(desk.officer.get(LIST))
    assert "Version 2: 1 customer today" in page


def test_every_version_names_its_kinds_in_one_order_and_a_withdrawn_one_no_day(desk: Desk) -> None:
    version_in("withdrawn", takes_effect_on=clock.today() + timedelta(days=40))
    page = plain(desk.officer.get(LIST))
    assert page.count("prompts 6 months; code snippets 1 day, or until returned; AI resp") == 2
    assert words.day(clock.today() + timedelta(days=40)) not in page
