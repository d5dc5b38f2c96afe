"""Each step leads from a known state, or is refused."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from compliance.customers import lifecycle
from compliance.customers.errors import StaleCustomer
from compliance.customers.models import Customer
from retention.actor import SYSTEM
from retention.ledger.models import Entry


def state_of(customer: Customer) -> str:
    return Customer.objects.get(pk=customer.pk).state


def test_it_suspends_and_resumes(acme: Customer, now: datetime) -> None:
    lifecycle.suspend(acme, by=SYSTEM, now=now)
    assert state_of(acme) == acme.state == "suspended"
    lifecycle.resume(acme, by=SYSTEM, now=now)
    assert state_of(acme) == acme.state == "active"
    acts = Entry.objects.filter(kind__startswith="customer:customer:").order_by("pk")
    assert [act.kind.rpartition(":")[2] for act in acts] == ["created", "suspended", "resumed"]


def test_only_the_named_customer_moves(acme: Customer, borealis: Customer, now: datetime) -> None:
    lifecycle.suspend(acme, by=SYSTEM, now=now)
    assert state_of(borealis) == "active"


def test_whoever_comes_second_is_told_so(acme: Customer, now: datetime) -> None:
    seen_before = Customer.objects.get(pk=acme.pk)
    lifecycle.suspend(acme, by=SYSTEM, now=now)
    with pytest.raises(StaleCustomer):
        lifecycle.suspend(seen_before, by=SYSTEM, now=now)
    assert Entry.objects.filter(kind="customer:customer:suspended").count() == 1


@pytest.mark.parametrize("suspended", [False, True])
def test_it_leaves_and_may_export_for_thirty_days(
    acme: Customer, now: datetime, suspended: bool
) -> None:
    if suspended:
        lifecycle.suspend(acme, by=SYSTEM, now=now)
    lifecycle.leave(acme, by=SYSTEM, now=now)
    acme.refresh_from_db()
    assert (acme.state, acme.leaving_at) == ("leaving", now)
    facts = Entry.objects.get(kind="customer:customer:leaving").facts
    assert facts["export_until"] == "2026-12-22"


def test_the_day_on_which_it_left_never_moves(acme: Customer, now: datetime) -> None:
    lifecycle.leave(acme, by=SYSTEM, now=now)
    with pytest.raises(StaleCustomer):
        lifecycle.leave(acme, by=SYSTEM, now=now + timedelta(days=9))
    with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
        Customer.objects.update(leaving_at=now + timedelta(days=9))
    with pytest.raises(IntegrityError, match="stays"), transaction.atomic():
        Customer.objects.update(leaving_at=None)


@pytest.mark.parametrize("state", ["leaving", "erased"])
def test_nobody_comes_back_from_leaving(acme: Customer, now: datetime, state: str) -> None:
    Customer.objects.filter(pk=acme.pk).update(state="leaving")
    Customer.objects.filter(pk=acme.pk).update(state=state)
    for step in (lifecycle.suspend, lifecycle.resume, lifecycle.leave):
        with pytest.raises(StaleCustomer):
            step(acme, by=SYSTEM, now=now)


def test_nothing_moves_when_the_log_refuses(
    acme: Customer, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(lifecycle, "append", refuse)
    with pytest.raises(RuntimeError):
        lifecycle.suspend(acme, by=SYSTEM, now=now)
    assert state_of(acme) == "active"


BACKWARDS = [("leaving", "active"), ("leaving", "suspended"), ("erased", "active"),
             ("erased", "leaving"), ("active", "erased"), ("suspended", "erased")]  # fmt: skip


@pytest.mark.parametrize(("origin", "target"), BACKWARDS)
def test_raw_sql_cannot_move_it_backwards_or_past_a_step(
    acme: Customer, origin: str, target: str
) -> None:
    path = {"erased": ["leaving", "erased"], "active": []}.get(origin, [origin])
    for state in path:
        Customer.objects.update(state=state)
    with (
        pytest.raises(IntegrityError, match="never back"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE compliance_customer SET state = %s", [target])
