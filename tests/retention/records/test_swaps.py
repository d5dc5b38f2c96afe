"""P15: what is sealed opens in its own place and nowhere else, whatever SQL does to the row.

A victim and a donor differ in something. The donor's sealed value is put into a row whose every
column comes from either of the two, in each combination, as the only row there is. Nobody may
read it, by any id, except where the donor itself was.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations, product
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from retention.errors import ExchangeGone, UnknownExchange
from retention.policies.rules import DataClass
from retention.records import ingest, queries
from retention.records.parts import Status
from retention.records.queries import Address
from retention.vault import keys as vault
from retention.vault.errors import KeyGone, SealBroken
from tests.factories.exchanges import NOON, exchange
from tests.retention.records import raw

DAY = NOON.date()
SWAPPED = (
    "customer_id",
    "clock_day",
    "id",
    "exchange_id",
    "data_class",
    "part",
    "cell_id",
    "generation",
)
REFUSED = (SealBroken, KeyGone, UnknownExchange, ExchangeGone)


@dataclass(frozen=True)
class Place:
    """How a stored record is found."""

    customer: UUID
    exchange: UUID
    data_class: str = "prompt"
    part: str = "1"

    def row(self) -> dict[str, Any]:
        """All its columns."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT * FROM retention_record WHERE customer_id = %s AND exchange_id = %s"
                " AND data_class = %s AND part = %s",
                [self.customer, self.exchange, self.data_class, self.part],
            )
            assert cursor.description is not None
            [found] = cursor.fetchall()
            return dict(zip([c.name for c in cursor.description], found, strict=True))


def put(customer: UUID, external_id: str = "a", **more: Any) -> UUID:
    sent = exchange(external_id, snippets=("code 1", "code 2"), evaluation="good", **more)
    [outcome] = ingest.store(customer, [sent], now=NOON)
    assert outcome.status is Status.STORED
    assert outcome.exchange
    return outcome.exchange


def rotate(customer: UUID) -> None:
    """Every cell of the customer gets a second generation; what was sealed stays as it is."""
    cells = [cell for (cell,) in raw.run("SELECT id FROM retention_cell ORDER BY id")]
    vault.make([vault.Key(cell, 2) for cell in cells], now=NOON)
    raw.run("UPDATE retention_cell SET generation = 2 WHERE customer_id = %s", customer)


def pair(kind: str, acme: UUID, borealis: UUID) -> tuple[Place, Place]:
    """A victim and a donor that differ in that."""
    yesterday = NOON - timedelta(days=1)
    victim = Place(acme, put(acme))
    match kind:
        case "exchange":
            return victim, Place(acme, put(acme, "b"))
        case "class":
            return victim, Place(acme, victim.exchange, "response")
        case "part":
            return Place(acme, victim.exchange, "snippet"), Place(
                acme, victim.exchange, "snippet", "2"
            )
        case "cell":
            return victim, Place(acme, put(acme, "b", retain_days=5))
        case "generation":
            rotate(acme)
            return victim, Place(acme, put(acme, "b"))
        case "clock day":
            return victim, Place(acme, put(acme, at=yesterday))
        case "customer":
            return victim, Place(borealis, put(borealis))
    donor = put(borealis, "b", at=yesterday, retain_days=5)
    rotate(borealis)
    other = put(borealis, "c", at=yesterday, retain_days=5)
    assert other != donor
    return victim, Place(borealis, other, "response")


KINDS = ["exchange", "class", "part", "cell", "generation", "clock day", "customer", "everything"]


@contextmanager
def only_row(row: dict[str, Any]) -> Iterator[None]:
    """The one row that there is, until the block ends."""
    with transaction.atomic():
        raw.run("DELETE FROM retention_record")
        names = ", ".join(row)
        raw.run(
            f"INSERT INTO retention_record ({names}) VALUES ({', '.join(['%s'] * len(row))})",
            *row.values(),
        )
        yield
        transaction.set_rollback(True)


def read(customer: UUID, identifier: UUID) -> list[bytes]:
    """Everything that can be opened of one exchange."""
    try:
        view = queries.exchange(customer, Address(exchange=identifier), today=DAY)
        return list(queries.open_records(customer, view, now=NOON).values())
    except REFUSED:
        return []


def mixtures(victim: dict[str, Any], donor: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The donor's row with every combination of columns taken from the victim."""
    differing = [name for name in SWAPPED if victim[name] != donor[name]]
    for count in range(1, len(differing) + 1):
        for names in combinations(differing, count):
            yield donor | {name: victim[name] for name in names}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("turned", [False, True], ids=["donor to victim", "victim to donor"])
def test_p15_a_sealed_value_opens_in_its_own_place_only(
    acme: UUID, borealis: UUID, kind: str, turned: bool
) -> None:
    places = pair(kind, acme, borealis)
    victim_at, donor_at = reversed(places) if turned else places
    victim, donor = victim_at.row(), donor_at.row()
    with only_row(donor):
        assert len(read(donor_at.customer, donor_at.exchange)) == 1, "the control opens"
    readers = set(product({acme, borealis}, {victim_at.exchange, donor_at.exchange}))
    tried = 0
    for row in mixtures(victim, donor):
        with only_row(row):
            opened = [text for reader in readers for text in read(*reader)]
            assert opened == [], {name: row[name] for name in SWAPPED}
        tried += 1
    assert tried >= 3


@pytest.mark.parametrize("kind", KINDS)
def test_p15_an_identity_is_no_payload_and_a_payload_no_identity(
    acme: UUID, borealis: UUID, kind: str
) -> None:
    _, donor_at = pair(kind, acme, borealis)
    donor = Place(donor_at.customer, donor_at.exchange).row()
    for payload, identity in ((donor["identity"], donor["identity"]), (None, donor["payload"])):
        with only_row(donor | {"payload": payload, "identity": identity}):
            assert read(donor_at.customer, donor_at.exchange) == []


@pytest.mark.parametrize("kind", ["exchange", "cell", "generation", "clock day", "customer"])
def test_p15_an_exchange_is_recognised_by_its_own_identity_only(
    acme: UUID, borealis: UUID, kind: str
) -> None:
    victim_at, donor_at = pair(kind, acme, borealis)
    victim, donor = victim_at.row(), donor_at.row()
    resent = exchange("a", snippets=("code 1", "code 2"), evaluation="good")
    differing = [name for name in ("cell_id", "generation") if victim[name] != donor[name]]
    for count in range(len(differing) + 1):
        for names in combinations(differing, count):
            changed = victim | {name: donor[name] for name in ("identity", *names)}
            with only_row(changed), suppress(SealBroken):
                [outcome] = ingest.store(acme, [resent], now=NOON)
                assert outcome.status is Status.REFUSED


@pytest.mark.parametrize("column", ["payload", "identity"])
@pytest.mark.parametrize("classes", list(combinations(DataClass, 2)), ids="-".join)
def test_p15_two_classes_of_one_exchange_do_not_open_in_each_others_row(
    acme: UUID, classes: tuple[DataClass, DataClass], column: str
) -> None:
    identifier = put(acme)
    one, other = (Place(acme, identifier, c.value).row() for c in classes)
    for here, there in ((one, other), (other, one)):
        with only_row(here | {"payload": there[column]}):
            assert read(acme, identifier) == []


def test_p15_the_id_of_another_customers_exchange_opens_nothing(acme: UUID, borealis: UUID) -> None:
    theirs = put(acme)
    put(borealis)
    view = queries.exchange(acme, Address(exchange=theirs), today=DAY)
    assert read(borealis, theirs) == []
    assert read(acme, theirs) != []
    assert queries.open_records(borealis, view, now=NOON) == {}
    days: list[date | None] = [None, DAY]
    for day in days:
        found = queries.exchange(borealis, Address(external_id="a", day=day), today=DAY)
        assert found.exchange != theirs


def test_p15_a_byte_changed_anywhere_is_noticed(acme: UUID) -> None:
    identifier = put(acme)
    row = Place(acme, identifier).row()
    payload = bytes(row["payload"])
    for at in range(0, len(payload), 3):
        broken = payload[:at] + bytes([payload[at] ^ 1]) + payload[at + 1 :]
        with only_row(row | {"payload": broken}):
            assert read(acme, identifier) == []
