"""Two people, or two programs, at once, each on a connection of its own (P4)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from retention.actor import SYSTEM
from retention.errors import AnotherPending, NotGiven, RetentionError, StaleVersion
from retention.expiry import profiles, shorten
from retention.expiry.sweep import sweep
from retention.ledger.models import Entry
from retention.policies import activate, publish, queries
from retention.policies.models import Activation, PolicyVersion
from retention.policies.rules import DataClass, Period, Profile
from retention.records.cells import CellName, due_on
from retention.records.models import Cell
from tests.factories.versions import (
    APPROVER,
    AUTHOR,
    announced,
    bound_from,
    database_day,
    drafted,
    version_in,
)
from tests.retention.expiry.scenes import keep, make_table, noon, somebody_else, standing_at
from tests.retention.expiry.threads import at_once

A_DAY = timedelta(days=1)
DAY = date(2026, 11, 22)
FIRST = date(2026, 12, 24)
NOW = noon(DAY)
# Each race is run a few times: who comes first is the machine's choice.
ROUNDS = 4


@pytest.fixture(autouse=True)
def _on_22_november(acme: UUID, settings: Any) -> None:
    # Outside a demonstration a database that is moved to another day stops the deletion run.
    settings.DEMO = True
    database_day(DAY)


def standing(customer: UUID, version: PolicyVersion) -> int:
    return Activation.objects.filter(customer_id=customer, version=version, voided_at=None).count()


def give(customer: UUID, version: PolicyVersion) -> Callable[[], object]:
    return lambda: activate.give(customer, version, notice_days=30, by=SYSTEM, now=NOW)


def test_p4_given_by_many_at_once_it_is_given_once(acme: UUID) -> None:
    version = announced(NOW)
    assert at_once(*[give(acme, version)] * 4) == []
    assert standing(acme, version) == 1
    assert Entry.objects.filter(kind="policy:version:given").count() == 1


def test_p4_given_and_voided_at_once_it_stands_at_most_once_and_both_are_in_the_log(
    acme: UUID,
) -> None:
    version = announced(NOW)
    for _ in range(ROUNDS):
        told = activate.give(acme, version, notice_days=30, by=SYSTEM, now=NOW)
        bounce = lambda told=told: activate.void(told, why="bounced", by=SYSTEM, now=NOW)  # noqa: E731
        assert at_once(bounce, give(acme, version), bounce) == []
        told.refresh_from_db()
        assert told.voided_at
        assert standing(acme, version) <= 1
    for kind, rows in (
        ("given", Activation.objects.filter(version=version)),
        ("voided", Activation.objects.filter(version=version).exclude(voided_at=None)),
    ):
        assert Entry.objects.filter(kind=f"policy:version:{kind}").count() == rows.count()


def test_p4_given_and_withdrawn_at_once_nothing_of_it_stands(acme: UUID, borealis: UUID) -> None:
    for _ in range(ROUNDS):
        version = announced(NOW)
        raised = at_once(
            give(acme, version),
            lambda version=version: publish.withdraw(version, by=AUTHOR, now=NOW),
            give(borealis, version),
        )
        assert all(isinstance(error, NotGiven) for error in raised), raised
        assert standing(acme, version) == standing(borealis, version) == 0


def test_p4_of_two_announced_at_once_one_is_pending() -> None:
    both = [publish.approve(drafted(NOW), impact={}, by=APPROVER, now=NOW) for _ in range(2)]
    raised = at_once(
        *(
            lambda version=version: publish.announce(
                version, takes_effect_on=FIRST, by=AUTHOR, now=NOW
            )
            for version in both
        )
    )
    assert [type(error) for error in raised] == [AnotherPending]
    assert PolicyVersion.objects.filter(state="announced", takes_effect_on=FIRST).count() == 1


def test_p4_approved_by_two_at_once_it_is_approved_once() -> None:
    version = drafted(NOW)
    approve = lambda: publish.approve(version, impact={}, by=APPROVER, now=NOW)  # noqa: E731
    raised = at_once(approve, approve)
    assert [type(error) for error in raised] == [StaleVersion]
    assert Entry.objects.filter(kind="policy:version:approved").count() == 1


def test_p4_whoever_signs_up_while_it_is_announced_is_there_to_be_told_or_accepted_it() -> None:
    version = publish.approve(drafted(NOW), impact={}, by=APPROVER, now=NOW)
    newcomer = UUID(int=9)
    with transaction.atomic():
        publish.accept(newcomer, profile=Profile.STANDARD, by=SYSTEM, now=NOW)
        with somebody_else() as other:
            other.execute("SET lock_timeout = '200ms'")
            with pytest.raises(Exception, match="lock timeout"):
                other.execute(publish.ONE_AT_A_TIME)
    publish.announce(version, takes_effect_on=FIRST, by=AUTHOR, now=NOW)
    assert Activation.objects.filter(customer_id=newcomer).count() == 1


# ---- applying, while items come in and go


@pytest.fixture
def shorter(acme: UUID, monkeypatch: pytest.MonkeyPatch) -> PolicyVersion:
    """From today on responses are kept for 90 days; old days are there."""
    monkeypatch.setattr(shorten.content, "check", lambda version: None)
    version = version_in("announced", takes_effect_on=DAY, periods={"response": Period(days=90)})
    bound_from(acme, version, DAY)
    for age in (120, 95, 60):
        keep(acme, DAY - age * A_DAY)
    for age in range(61, 81):
        make_table(DAY - age * A_DAY)
    return version


def wrong_dates(customer: UUID, today: date) -> list[tuple[date, str, date, date]]:
    """Live cells that do not have the date that one made now would have."""
    terms = queries.terms(customer)
    found = []
    for cell in Cell.objects.filter(customer_id=customer, state__in=("open", "sealed")):
        name = CellName(customer, cell.clock_day, DataClass(cell.data_class), cell.retain_days)
        said = due_on(name, terms, today)
        if said != cell.expires_on:
            found.append((cell.clock_day, cell.data_class, cell.expires_on, said))
    return found


@pytest.mark.parametrize("chunk", [2, 500])
def test_p4_while_items_come_in_and_runs_delete_no_cell_keeps_an_older_date(
    acme: UUID, shorter: PolicyVersion, monkeypatch: pytest.MonkeyPatch, chunk: int
) -> None:
    monkeypatch.setattr(shorten, "CHUNK", chunk)
    eve = datetime.combine(DAY, datetime.min.time(), NOW.tzinfo) - timedelta(seconds=1)

    def write(first: int) -> Callable[[], None]:
        def store() -> None:
            for age in range(first, 81, 2):
                # Whoever is slow took the day before midnight.
                with suppress(RetentionError):
                    keep(acme, DAY - age * A_DAY, f"{first}-{age}", received=eve)

        return store

    def run() -> None:
        sweep(now=standing_at(NOW))

    raised = at_once(write(61), write(62), run, run)
    assert raised == []
    sweep(now=standing_at(NOW))
    assert wrong_dates(acme, DAY) == []
    assert Entry.objects.filter(kind="policy:version:applied", facts__done=True).count() == 1


def test_p16_while_items_come_in_a_choice_reaches_every_cell(
    acme: UUID, shorter: PolicyVersion
) -> None:
    def store() -> None:
        for age in range(61, 81):
            # Refused once the choice has made its prompt due.
            with suppress(RetentionError, AssertionError):
                keep(acme, DAY - age * A_DAY, received=NOW)

    def choose() -> None:
        profiles.choose(acme, Profile.MINIMAL, by=SYSTEM, now=NOW)

    assert at_once(store, choose, choose) == []
    shorten.apply_due(DAY, NOW)
    assert wrong_dates(acme, DAY) == []


def test_a_cell_that_a_writer_holds_waits_for_the_next_run(
    acme: UUID, shorter: PolicyVersion
) -> None:
    with somebody_else() as writer:
        writer.execute("SELECT 1 FROM retention_cell FOR NO KEY UPDATE")
        assert not shorten.apply_due(DAY, NOW).cells
        writer.rollback()
    assert not Activation.objects.get(version=shorter).applied_at
    assert shorten.apply_due(DAY, NOW).cells == 3
    assert wrong_dates(acme, DAY) == []
