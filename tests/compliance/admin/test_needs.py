"""What needs somebody: alarms first, each with what it means and where to go."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from compliance.admin import needs
from compliance.alarms.kinds import KINDS
from compliance.alarms.models import Alarm
from compliance.customers.models import Customer
from compliance.people.models import User
from compliance.people.roles import StaffRole, give
from retention.ledger.append import append
from retention.policies.models import PolicyVersion
from retention.records.models import Cell
from tests.compliance.admin.conftest import add_day_group
from tests.factories.versions import version_in, without_triggers

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _all_is_set_up(settings: Any) -> None:
    """Mails can be sent, to an officer, and the keys are copied somewhere."""
    settings.VAULT_COPY = "/copies"
    give(User.objects.create_user("olga@sandglass.example"), StaffRole.OFFICER)


def told(now: datetime = NOW) -> list[str]:
    """The first words of everything that is needed."""
    return [f"{need.status}: {need.what}".replace("\u00a0", " ") for need in needs.everything(now)]


def begin(kind: str) -> None:
    Alarm.objects.create(kind=kind, began_at=NOW, raised_at=NOW)


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


@pytest.mark.parametrize("code", KINDS)
def test_every_alarm_that_is_on_is_needed_and_leads_to_what_to_do(code: str) -> None:
    begin(code)
    [need] = needs.everything(NOW)
    assert (need.status, need.what) == ("Alarm", KINDS[code].title)
    assert need.url == f"/admin/health/#{code}"


def test_an_alarm_that_is_over_or_not_raised_yet_is_not() -> None:
    Alarm.objects.create(kind="disk_low", began_at=NOW)
    Alarm.objects.create(kind="disk_full", began_at=NOW, raised_at=NOW, ended_at=NOW)
    assert told() == []


def test_what_is_counted_here_is_not_said_again_by_its_alarm(acme: Customer) -> None:
    due(acme)
    begin("deletion_overdue")
    begin("log_unsigned")
    assert told() == [
        "Alarm: Deletion is overdue: 3 items in 1 day group, the oldest since 22 Nov 2026",
        "Alarm: Activity log entries wait to be signed",
    ]


@pytest.mark.parametrize(("demo", "status"), [(False, "To do"), (True, "Note")])
def test_what_is_not_set_up_is_to_do_and_in_a_demonstration_a_note(
    settings: Any, demo: bool, status: str
) -> None:
    settings.DEMO, settings.VAULT_COPY = demo, ""
    settings.EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    assert told() == [
        f"{status}: Alarms are not mailed",
        f"{status}: No copy of the encryption keys is set up",
    ]


def test_that_there_is_nobody_to_mail_is_to_do() -> None:
    User.objects.update(is_active=False)
    [need] = needs.everything(NOW)
    assert need.means == "They show on these pages only: there is no active officer to mail."


def test_a_version_somebody_has_to_decide_on_is_needed() -> None:
    version_in("draft")
    assert told() == ["To do: Version 2 of the policy is a draft"]
    with without_triggers():
        PolicyVersion.objects.filter(number=2).update(state="approved")
    assert told() == ["To do: Version 2 of the policy is approved and not announced"]


def test_customers_on_their_way_out_are_needed(acme: Customer) -> None:
    Customer.objects.filter(pk=acme.pk).update(state="leaving")
    Customer.objects.bulk_create(
        Customer(name=f"C{n}", state="suspended", created_at=NOW) for n in range(2)
    )
    assert told() == ["To do: 1 customer is leaving", "To do: 2 customers are suspended"]


def test_alarms_come_first(acme: Customer) -> None:
    Customer.objects.filter(pk=acme.pk).update(state="leaving")
    begin("clock_not_trusted")
    assert [what.split(":")[0] for what in told()] == ["Alarm", "To do"]


@pytest.mark.parametrize(
    ("passed", "words"),
    [(0, "less than a minute ago"), (1, "1 minute ago"), (59, "59 minutes ago"),
     (60, "1 hour ago"), (1440, "1 day ago"), (2 * 1440, "2 days ago")],
)  # fmt: skip
def test_how_long_ago_is_said_roughly(passed: int, words: str) -> None:
    assert needs.ago(passed * MINUTE) == words
