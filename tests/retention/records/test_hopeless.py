"""Whoever waits for an exchange is told when waiting is in vain."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from retention.errors import ExchangeGone, UnknownExchange
from retention.policies.rules import DataClass
from retention.records import deliver, ingest, later, queries
from retention.records.identity import exchange_id
from retention.records.queries import Address
from tests.factories.exchanges import NOON, exchange, part

TODAY = NOON.date()
RESPONSE = part(DataClass.RESPONSE, "Yes.")

# By the customer's period: a day, and whether an exchange of it may still be stored.
PAST = [
    pytest.param("acme", TODAY, True, id="today"),
    pytest.param("acme", date(2026, 5, 23), True, id="the last day within six months"),
    pytest.param("acme", date(2026, 5, 22), False, id="the first one beyond"),
    pytest.param("cygnus", date(2026, 10, 24), True, id="the last day within 30 days"),
    pytest.param("cygnus", date(2026, 10, 23), False, id="the first one beyond these"),
]
OTHERS = [
    pytest.param("acme", TODAY + timedelta(days=1), True, id="tomorrow: a clock may run ahead"),
    pytest.param("acme", TODAY + timedelta(days=2), False, id="no clock runs that far ahead"),
    pytest.param("acme", date(9999, 12, 31), False, id="as far ahead as there are dates"),
    pytest.param("acme", date(1970, 1, 1), False, id="long ago"),
]


def addresses(customer: UUID, day: date) -> list[Address]:
    """An exchange that is not there, by the customer's id and by the server's."""
    own = Address(external_id="nobody", day=day)
    return [own, Address(exchange=exchange_id(customer, "nobody", day))]


@pytest.mark.parametrize(("name", "day", "may_come"), PAST + OTHERS)
def test_it_says_whether_an_exchange_of_that_day_may_still_come(
    request: pytest.FixtureRequest, name: str, day: date, may_come: bool
) -> None:
    customer = request.getfixturevalue(name)
    for address in addresses(customer, day):
        with pytest.raises(UnknownExchange) as read:
            queries.exchange(customer, address, today=TODAY)
        with pytest.raises(UnknownExchange) as added:
            later.add(customer, address, RESPONSE, now=NOON)
        with pytest.raises(UnknownExchange) as returned:
            deliver.deliver(customer, address, now=NOON)
        for refusal in (read.value, added.value, returned.value):
            assert (refusal.code, refusal.retryable) == ("unknown_exchange", may_come)


@pytest.mark.parametrize(("name", "day", "may_come"), PAST)
def test_and_what_it_says_is_what_becomes_of_one_that_comes(
    request: pytest.FixtureRequest, name: str, day: date, may_come: bool
) -> None:
    customer = request.getfixturevalue(name)
    [sent] = ingest.store(customer, [exchange(at=NOON - (TODAY - day))], now=NOON)
    assert sent.status == ("stored" if may_come else "refused")
    assert sent.code == ("" if may_come else "expired_on_arrival")


@pytest.mark.parametrize("passed", [2, 200])
def test_p3_a_day_that_held_something_is_gone_whatever_may_still_come(
    acme: UUID, passed: int
) -> None:
    ingest.store(acme, [exchange(retain_days=2)], now=NOON)
    for address in addresses(acme, TODAY):
        with pytest.raises(ExchangeGone):
            later.add(acme, address, RESPONSE, now=NOON + timedelta(days=passed))


def test_without_a_day_any_id_may_be_on_its_way(acme: UUID) -> None:
    with pytest.raises(UnknownExchange) as refused:
        later.add(acme, Address(external_id="nobody"), RESPONSE, now=NOON)
    assert refused.value.retryable
