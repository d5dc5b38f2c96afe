"""P4, the whole of it: 200 customers are told of a shorter period, and who is bound on which day.

Ten have a contact whose mail comes back for good, three have none, two are put off at first. A
real mail server, the database's own clock, the minute's own steps.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from compliance.notices.queries import not_given
from retention import clock
from retention.policies.queries import version_in_force
from tests.compliance.alarms.conftest import smtp as smtp
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene, notice_of
from tests.compliance.notices.conftest import later as later
from tests.compliance.notices.conftest import scene as scene

HARD, SOFT = "bounce.example", "slow.example"


class Fussy(MailServer):
    """Says no for good to some, and not now to others, twice."""

    def __init__(self) -> None:
        super().__init__()
        self.put_off: Counter[str] = Counter()

    async def handle_RCPT(
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        if address.endswith(HARD):
            return "550 5.1.1 there is nobody of that name"
        self.put_off[address] += 1
        if address.endswith(SOFT) and self.put_off[address] < 3:
            return "450 4.2.1 not now"
        return await super().handle_RCPT(server, session, envelope, address, options)


def bound(customers: list[UUID], on: date) -> Counter[int]:
    """How many customers each version binds on a day."""
    return Counter(version_in_force(customer, on).number for customer in customers)


@pytest.mark.timeout(600)
def test_p4_each_of_200_customers_changes_30_full_days_after_it_was_told(
    scene: Scene, smtp: MailServer, later: Any
) -> None:
    smtp.__class__ = Fussy
    smtp.put_off = Counter()  # type: ignore[attr-defined]
    fine = [scene.customer(f"Fine {n}", f"legal@fine-{n}.example") for n in range(185)]
    hard = [scene.customer(f"Hard {n}", f"legal-{n}@{HARD}") for n in range(10)]
    none = [scene.customer(f"None {n}") for n in range(3)]
    soft = [scene.customer(f"Soft {n}", f"legal-{n}@{SOFT}") for n in range(2)]
    everybody = [one.pk for one in (*fine, *hard, *none, *soft)]
    told_on = clock.today()
    made = scene.announce(on=told_on + timedelta(days=32))
    for _ in range(3):
        scene.send()
        later(hours=6)
    assert len(smtp.mails) == len({mail["Message-ID"] for mail in smtp.mails}) == 187
    lost = [one.pk for one in (*hard, *none)]
    assert {one.customer.pk for one in not_given(clock.now())} == set(lost)

    day = made.takes_effect_on
    assert day is not None
    assert bound(everybody, told_on + timedelta(days=31)) == {1: 200}
    assert bound(everybody, day - timedelta(days=1)) == {1: 200}
    assert bound(everybody, day) == {2: 187, 1: 13}
    assert bound(lost, day + timedelta(days=300)) == {1: 13}

    # Ten days after the day, one of them gets a contact that can be reached: 30 days of its own.
    today = scene.passes(days=42)
    scene.contact(none[0], "new@none.example")
    assert scene.send() == 1
    activation = notice_of(none[0]).activation
    assert activation is not None
    assert (activation.given_on, activation.effective_on) == (today, today + timedelta(days=31))
    assert bound(everybody, today + timedelta(days=30)) == {2: 187, 1: 13}
    assert bound(everybody, today + timedelta(days=31)) == {2: 188, 1: 12}
