"""Random histories of two customers against a model of a few lines: what is said and what is read.

Days pass, deletion runs come or do not, exchanges are sent again with this or that changed. After
every step each customer reads exactly what the model says, and the counts add up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID

import pytest

from retention.errors import ExchangeGone, UnknownExchange
from retention.expiry import partitions
from retention.expiry.sweep import sweep
from retention.policies.rules import DataClass, ceiling
from retention.records import deliver, ingest, later, queries
from retention.records.identity import exchange_id
from retention.records.queries import Address
from tests.factories.exchanges import NOON, exchange, part
from tests.retention.records import raw

NAMES, ANSWERS, PERIODS = ("a", "b", "c"), ("yes", "no"), (0, 0, 1, 2, 5)


@dataclass
class Kept:
    """What the model knows of one exchange."""

    retain_days: int
    answer: str
    clock_day: date
    parts: dict[tuple[str, str], str] = field(default_factory=dict)

    def end(self, data_class: str) -> date:
        """The first day on which the class must be unreadable."""
        ends = [ceiling(self.clock_day)]
        if self.retain_days:
            ends.append(self.clock_day + timedelta(days=self.retain_days))
        if data_class == "snippet":
            ends.append(self.clock_day + timedelta(days=1))
        return min(ends)

    def readable(self, today: date) -> dict[tuple[str, str], str]:
        """The parts that may be read today."""
        return {key: text for key, text in self.parts.items() if self.end(key[0]) > today}


class History:
    """Two customers, the stores, and the model beside them."""

    def __init__(self, seed: int, customers: tuple[UUID, UUID]) -> None:
        self.random = Random(seed)
        self.customers = customers
        self.now: datetime = NOON
        self.known: dict[tuple[UUID, str, date], Kept] = {}

    @property
    def today(self) -> date:
        return self.now.date()

    def step(self) -> None:
        acts: list[Callable[[], None]] = [self.send, self.send, self.send, self.add, self.deliver]
        self.random.choice([*acts, self.pass_time, self.clean])()
        self.look()

    def pass_time(self) -> None:
        self.now += timedelta(hours=self.random.choice((1, 7, 24, 48)))
        partitions.ensure(self.today)

    def clean(self) -> None:
        sweep(now=lambda: self.now)
        assert raw.counts_add_up()

    def send(self) -> None:
        customer, name = self.random.choice(self.customers), self.random.choice(NAMES)
        retain_days, answer = self.random.choice(PERIODS), self.random.choice(ANSWERS)
        at = self.now - timedelta(days=self.random.choice((0, 0, 0, 1, 2)))
        delivered_at = self.now if self.random.random() < 0.2 else None
        sent = exchange(
            name, at=at, response=answer, retain_days=retain_days, delivered_at=delivered_at
        )
        [outcome] = ingest.store(customer, [sent], now=self.now)
        said = outcome.code or outcome.status.value
        fresh = Kept(retain_days, answer, at.date())
        fresh.parts = {("prompt", "1"): "Is this a true positive?", ("response", "1"): answer}
        if not delivered_at and fresh.end("snippet") > self.today:
            fresh.parts["snippet", "1"] = "query = f'select {value}'"
        key = (customer, name, at.date())
        known = self.known.get(key)
        if known and known.end("prompt") > self.today:
            assert said == ("duplicate" if known.answer == answer else "content_mismatch")
        elif fresh.end("prompt") <= self.today:
            assert said == "expired_on_arrival"
        elif known and said == "expired_on_arrival":
            pass  # its anchor still lies there, unreadable
        else:
            assert said == "stored"
            self.known[key] = fresh

    def pick(self) -> tuple[UUID, Address, Kept] | None:
        if not self.known:
            return None
        customer, name, day = self.random.choice(sorted(self.known))
        by_id = Address(exchange=exchange_id(customer, name, day))
        address = self.random.choice((by_id, Address(external_id=name, day=day)))
        return customer, address, self.known[customer, name, day]

    def add(self) -> None:
        if not (picked := self.pick()):
            return
        customer, address, kept = picked
        text, name = self.random.choice(ANSWERS), self.random.choice(("1", "2"))
        new = part(DataClass.EVALUATION, text, name)
        if not kept.readable(self.today):
            with pytest.raises((ExchangeGone, UnknownExchange)):
                later.add(customer, address, new, now=self.now)
            return
        outcome = later.add(customer, address, new, now=self.now)
        before = kept.parts.setdefault(("evaluation", name), text)
        said = outcome.code or outcome.status.value
        assert said in (("stored", "duplicate") if before == text else ("content_mismatch",))

    def deliver(self) -> None:
        if not (picked := self.pick()):
            return
        customer, address, kept = picked
        readable = kept.readable(self.today)
        if not readable:
            with pytest.raises((ExchangeGone, UnknownExchange)):
                deliver.deliver(customer, address, now=self.now)
            return
        done = deliver.deliver(customer, address, now=self.now)
        assert done.deleted == sum(data_class == "snippet" for data_class, _ in readable)
        kept.parts.pop(("snippet", "1"), None)

    def look(self) -> None:
        for customer in self.customers:
            views = queries.exchanges(customer, today=self.today, limit=1000)
            read = {
                (view.external_id, view.clock_day): {
                    (str(r.data_class), r.part): texts[r.id] for r in view.records
                }
                for view in views
                for texts in [queries.open_records(customer, view, now=self.now)]
            }
            assert read == {
                (name, day): {key: part_json(text) for key, text in readable.items()}
                for (whose, name, day), kept in self.known.items()
                if whose == customer and (readable := kept.readable(self.today))
            }


def part_json(text: str) -> bytes:
    return part(DataClass.PROMPT, text).content


@pytest.mark.parametrize("seed", range(6))
def test_p3_p13_p15_whatever_happens_each_reads_its_own_until_its_day(
    acme: UUID, borealis: UUID, seed: int
) -> None:
    history = History(seed, (acme, borealis))
    for _ in range(40):
        history.step()


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 112))
def test_p3_p13_p15_the_same_in_long_histories(acme: UUID, borealis: UUID, seed: int) -> None:
    history = History(seed, (acme, borealis))
    for _ in range(250):
        history.step()
