"""What needs somebody: alarms first, each with what it means and where to go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from unittest import mock

import pytest
from django.db import transaction

from compliance.admin import needs
from compliance.customers.models import Customer
from retention import clock
from retention.actor import SYSTEM
from retention.expiry import partitions
from retention.expiry.models import ClockGuard
from retention.ledger.append import append
from retention.policies.models import PolicyVersion
from retention.records.models import Cell
from tests.compliance.admin.conftest import add_day_group

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def guard(db: None) -> ClockGuard:
    """The run came by just now."""
    return ClockGuard.objects.create(host_time=clock.host_now(), boot_id="", uptime_seconds=1)


def told(now: datetime = NOW) -> list[str]:
    """The first words of everything that is needed."""
    with mock.patch.object(partitions, "window", return_value=[]):
        return [
            f"{need.status}: {need.what}".replace("\u00a0", " ") for need in needs.everything(now)
        ]


def due(customer: Customer, **more: object) -> Cell:
    return add_day_group(customer.pk, date(2026, 5, 22), **more)


def test_nothing_is_needed_when_all_is_well(acme: Customer) -> None:
    assert told() == []


def test_in_the_first_quarter_of_an_hour_what_is_due_is_on_time(acme: Customer) -> None:
    due(acme)
    midnight = NOW.replace(hour=0)
    assert told(midnight + 14 * MINUTE) == []
    [late] = told(midnight + 15 * MINUTE)
    assert late == (
        "Alarm: Deletion is overdue: 3 items in 1 day group, the oldest since 22 Nov 2026"
    )
    assert told(midnight + DAY) != []


def test_items_that_wait_to_be_removed_are_needed_after_a_day(acme: Customer) -> None:
    group = due(acme)
    Cell.objects.filter(pk=group.pk).update(state="sealed")
    with transaction.atomic():
        intent = append("expiry:cells:purging", now=NOW, facts={})
    Cell.objects.filter(pk=group.pk).update(state="purging", intent=intent)
    Cell.objects.filter(pk=group.pk).update(state="shredded", shredded_at=NOW)
    # The entry is not signed here: that is another need.
    assert not [what for what in told() if "Removal" in what]
    [late] = [what for what in told(NOW + 2 * DAY) if "Removal" in what]
    assert late == "Alarm: Removal is overdue: 1 day group, the oldest since 22 Nov 2026"


def test_what_does_not_add_up_is_needed(acme: Customer) -> None:
    add_day_group(acme.pk, NOW.date(), blocked="count_mismatch")
    assert told() == ["Alarm: The count check failed for 1 day group"]


@pytest.mark.parametrize("reason", needs.CLOCK)
def test_a_clock_that_is_not_trusted_is_needed(guard: ClockGuard, reason: str) -> None:
    guard.alarm = reason
    guard.save()
    assert told() == ["Alarm: Deletion is stopped: the clock is not trusted"]
    assert needs.CLOCK[reason] in needs.everything(NOW)[0].means


def test_a_run_that_does_not_come_by_is_needed(guard: ClockGuard) -> None:
    guard.host_time = clock.host_now() - 14 * MINUTE
    guard.save()
    assert told() == []
    guard.host_time = clock.host_now() - 3 * 60 * MINUTE - MINUTE
    guard.save()
    assert told() == ["Alarm: The deletion run does not come by (last: 3 hours ago)"]
    ClockGuard.objects.all().delete()
    assert told() == ["Alarm: The deletion run does not come by (last: never)"]


def test_a_log_that_is_not_signed_is_needed() -> None:
    with transaction.atomic():
        append("expiry:clock:confirmed", now=NOW, facts={"actor": SYSTEM.kind})
    assert told(NOW + 5 * MINUTE) == []
    [late] = told(NOW + 6 * MINUTE)
    assert late.startswith("Alarm: The activity log waits for its signature since 22 Nov 2026")


def test_a_day_without_a_place_is_needed() -> None:
    with mock.patch.object(partitions, "existing", return_value={}):
        [need] = needs.days_ahead(NOW)
    assert need.what.startswith("There is no place for")


def test_a_version_somebody_has_to_decide_on_is_needed() -> None:
    offered = PolicyVersion.objects.get(number=1)
    version = PolicyVersion.objects.create(number=2, text=offered.text, context_lines=20)
    assert told() == ["To do: Version 2 of the policy is a draft"]
    PolicyVersion.objects.filter(pk=version.pk).update(state="approved")
    assert told() == ["To do: Version 2 of the policy is approved and not announced"]


def test_customers_on_their_way_out_are_needed(acme: Customer) -> None:
    Customer.objects.filter(pk=acme.pk).update(state="leaving")
    Customer.objects.bulk_create(
        Customer(name=f"C{n}", state="suspended", created_at=NOW) for n in range(2)
    )
    assert told() == ["To do: 1 customer is leaving", "To do: 2 customers are suspended"]


def test_alarms_come_first(acme: Customer, guard: ClockGuard) -> None:
    Customer.objects.filter(pk=acme.pk).update(state="leaving")
    guard.alarm = "jumped"
    guard.save()
    assert [what.split(":")[0] for what in told()] == ["Alarm", "To do"]


@pytest.mark.parametrize(
    ("passed", "words"),
    [(0, "less than a minute ago"), (1, "1 minute ago"), (59, "59 minutes ago"),
     (60, "1 hour ago"), (1440, "1 day ago"), (2 * 1440, "2 days ago")],
)  # fmt: skip
def test_how_long_ago_is_said_roughly(passed: int, words: str) -> None:
    assert needs.ago(passed * MINUTE) == words
