"""Whoever is away names a deputy, or an administrator does; nobody else's work stops."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from compliance.approvals.decide import approve, ask
from compliance.approvals.deciders import Deciders
from compliance.approvals.deputies import LONGEST_DAYS, appoint, end
from compliance.approvals.errors import (
    BadDays,
    MayNotAppoint,
    MayNotDecide,
    NotAnApprover,
    StaleDeputy,
    UnfitDeputy,
)
from compliance.approvals.models import ApprovalRequest, Deputy
from compliance.people.models import User
from compliance.people.roles import StaffRole
from retention.ledger.models import Entry
from tests.compliance.approvals.conftest import KIND, NOW, Papers, People, as_actor, somebody

DAY = timedelta(days=1)
TODAY = NOW.date()


def name(
    people: People,
    *,
    deputy: User | None = None,
    person: User | None = None,
    by: User | None = None,
    days: int = 3,
    first: date = TODAY,
) -> Deputy:
    """Ida names Otto for some days, unless it is said otherwise."""
    return appoint(
        person or people.ida,
        deputy or people.otto,
        first_day=first,
        last_day=first + (days - 1) * DAY,
        by=as_actor(by or people.ida),
        now=NOW,
    )


def test_a_deputy_decides_on_those_days_and_on_no_other(
    asked: ApprovalRequest, people: People
) -> None:
    name(people, first=TODAY + DAY, days=2)
    for day in (0, 3):
        with pytest.raises(MayNotDecide):
            approve(asked, by=as_actor(people.otto), now=NOW + day * DAY)
    approve(asked, by=as_actor(people.otto), now=NOW + 2 * DAY)
    assert (asked.decided_by, asked.in_place_of) == (people.otto, people.ida)
    assert Entry.objects.latest("id").facts["in_place_of"] == str(people.ida.pk)


def test_an_approver_decides_for_themselves_also_as_somebodys_deputy(
    asked: ApprovalRequest, people: People
) -> None:
    name(people, deputy=people.ivan)
    approve(asked, by=as_actor(people.ivan), now=NOW)
    assert asked.in_place_of is None


def test_p4_a_deputy_does_not_decide_on_their_own(asked: ApprovalRequest, people: People) -> None:
    name(people, deputy=people.olga)
    with pytest.raises(MayNotDecide):
        approve(asked, by=as_actor(people.olga), now=NOW)


def test_p4_nor_in_the_place_of_whoever_asked(papers: Papers, people: People) -> None:
    name(people)
    asked = ask(KIND, 8, by=as_actor(people.ida), now=NOW)
    with pytest.raises(MayNotDecide):
        approve(asked, by=as_actor(people.otto), now=NOW)
    name(people, person=people.ivan, by=people.ivan)
    approve(asked, by=as_actor(people.otto), now=NOW)
    assert asked.in_place_of == people.ivan


def test_when_the_approver_is_none_any_more_the_deputy_decides_nothing(
    asked: ApprovalRequest, people: People
) -> None:
    name(people)
    User.objects.filter(pk=people.ida.pk).update(is_active=False)
    with pytest.raises(MayNotDecide):
        approve(asked, by=as_actor(people.otto), now=NOW)


@pytest.mark.parametrize("how", ["switched off", "no staff", "made auditor", "made superuser"])
def test_a_deputy_who_is_not_fit_any_more_decides_nothing(
    asked: ApprovalRequest, people: People, how: str
) -> None:
    name(people)
    values = {
        "switched off": {"is_active": False},
        "no staff": {"is_staff": False},
        "made superuser": {"is_superuser": True},
    }
    if how in values:
        User.objects.filter(pk=people.otto.pk).update(**values[how])
    else:
        people.otto.groups.set(people.udo.groups.all())
    with pytest.raises(MayNotDecide):
        approve(asked, by=as_actor(people.otto), now=NOW)


def test_a_deputy_has_no_deputy(asked: ApprovalRequest, people: People) -> None:
    name(people)
    with pytest.raises(NotAnApprover):
        name(people, person=people.otto, deputy=people.olga, by=people.otto)


def test_an_administrator_names_one_for_a_colleague_who_is_ill(people: People) -> None:
    name(people, by=people.ada)
    entry = Entry.objects.get(kind="approval:deputy:appointed")
    assert entry.facts["actor_id"] == str(people.ada.pk)
    assert entry.facts["last_day"] == "2026-11-24"


@pytest.mark.parametrize("who", ["olga", "otto", "ivan", "udo"])
def test_nobody_else_does(people: People, who: str) -> None:
    with pytest.raises(MayNotAppoint):
        name(people, by=getattr(people, who))
    assert not Deputy.objects.exists()


@pytest.mark.parametrize("who", ["ida", "ada", "udo"])
def test_some_are_no_deputies(people: People, who: str) -> None:
    with pytest.raises(UnfitDeputy):
        name(people, deputy=getattr(people, who))


def test_neither_is_one_who_is_no_staff_or_switched_off(people: People) -> None:
    visitor = User.objects.create_user("amir@acme.example")
    gone = somebody("gone", StaffRole.OFFICER)
    gone.is_active = False
    gone.save()
    for unfit in (visitor, gone):
        with pytest.raises(UnfitDeputy):
            name(people, deputy=unfit)


@pytest.mark.parametrize(
    ("first", "days", "may"),
    [
        (TODAY, 1, True),
        (TODAY, LONGEST_DAYS, True),
        (TODAY, LONGEST_DAYS + 1, False),
        (TODAY, 0, False),
        (TODAY - DAY, 3, False),
        (TODAY + 300 * DAY, 1, True),
    ],
)
def test_the_days_are_to_come_and_not_too_many(
    people: People, first: date, days: int, may: bool
) -> None:
    if may:
        name(people, first=first, days=days)
    else:
        with pytest.raises(BadDays):
            name(people, first=first, days=days)
    assert Deputy.objects.exists() == may


@pytest.mark.parametrize("who", ["ida", "otto", "ada"])
def test_the_approver_the_deputy_or_an_administrator_ends_it_once(
    asked: ApprovalRequest, people: People, who: str
) -> None:
    row, by = name(people), as_actor(getattr(people, who))
    with pytest.raises(MayNotAppoint):
        end(row, by=as_actor(people.olga), now=NOW)
    end(row, by=by, now=NOW)
    with pytest.raises(StaleDeputy):
        end(row, by=by, now=NOW)
    assert not Deciders(TODAY).may(people.otto.pk, asked)
    assert Entry.objects.latest("id").kind == "approval:deputy:ended"


def test_what_is_over_by_itself_is_not_ended(people: People) -> None:
    row = name(people, days=1)
    with pytest.raises(StaleDeputy):
        end(row, by=as_actor(people.ida), now=NOW + DAY)


def test_two_may_stand_in_for_one(asked: ApprovalRequest, people: People) -> None:
    nora = somebody("nora", StaffRole.OFFICER)
    name(people)
    name(people, deputy=nora)
    found = {user.email for user in Deciders(TODAY).of(asked)}
    assert found == {f"{who}@sandglass.example" for who in ("ida", "ivan", "otto", "nora")}
