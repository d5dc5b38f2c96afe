"""What a contract says can be changed; what a notice promised cannot."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from auditlog.models import LogEntry
from django.db import Error, IntegrityError, connection, transaction

from compliance.customers.contract import set_account_owner, set_notice_days, set_reference
from compliance.customers.errors import BadNoticeDays
from compliance.customers.models import Customer
from compliance.customers.onboard import create_customer
from compliance.people.models import User
from retention.actor import SYSTEM
from retention.ledger.models import Entry
from retention.policies.models import Activation, PolicyPeriod, PolicyVersion

pytestmark = pytest.mark.django_db

NOTICED = (
    "INSERT INTO retention_activation (customer_id, version_id, kind, given_on, notice_days,"
    " effective_on, voided_for) VALUES (%s, %s, 'noticed', %s, %s, %s, '')"
)


@pytest.fixture
def second(db: None, now: datetime) -> PolicyVersion:
    """A version that was announced; how it came to be is the engine's own tests' matter."""
    version = PolicyVersion.objects.create(number=2, text="two", context_lines=5)
    PolicyPeriod.objects.create(version=version, data_class="response", days=90)
    with transaction.atomic(), connection.cursor() as cursor:
        # Its own guards ask for an approval and a lead of 32 days of the real calendar.
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE retention_policyversion SET state = 'announced', takes_effect_on = %s"
            " WHERE id = %s",
            [now.date() + timedelta(days=32), version.pk],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
    return version


def give(customer: Customer, version: PolicyVersion, days: int, now: datetime) -> Activation:
    given = _database_day()
    with connection.cursor() as cursor:
        cursor.execute(
            NOTICED, [customer.pk, version.pk, given, days, given + timedelta(days=days + 3)]
        )
    return Activation.objects.get(customer_id=customer.pk, version=version)


def _database_day() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT (clock_timestamp() AT TIME ZONE 'UTC')::date")
        return cursor.fetchone()[0]  # type: ignore[no-any-return]


@pytest.mark.parametrize("days", [60, 89])
def test_p4_the_database_refuses_a_notice_shorter_than_the_contract(
    acme: Customer, second: PolicyVersion, now: datetime, days: int
) -> None:
    set_notice_days(acme, days=90, by=SYSTEM, now=now)
    with pytest.raises(Error, match="activation_notice_days"), transaction.atomic():
        give(acme, second, days, now)
    assert not Activation.objects.filter(version=second).exists()


def test_p4_a_notice_as_long_as_the_contract_is_given(
    acme: Customer, second: PolicyVersion, now: datetime
) -> None:
    set_notice_days(acme, days=90, by=SYSTEM, now=now)
    assert give(acme, second, 90, now).notice_days == 90


def test_p4_shorter_days_of_notice_do_not_make_a_pending_change_earlier(
    acme: Customer, second: PolicyVersion, now: datetime
) -> None:
    set_notice_days(acme, days=90, by=SYSTEM, now=now)
    promised = give(acme, second, 90, now)
    set_notice_days(acme, days=30, by=SYSTEM, now=now)
    stands = Activation.objects.get(pk=promised.pk)
    assert (stands.notice_days, stands.effective_on) == (90, promised.effective_on)
    for attack in ("effective_on = effective_on - 50", "notice_days = 30"):
        with pytest.raises(Error), transaction.atomic():
            connection.cursor().execute(f"UPDATE retention_activation SET {attack}")


def test_p4_a_customer_that_the_contracts_do_not_know_is_the_engines_own(
    second: PolicyVersion, now: datetime
) -> None:
    nobody = Customer(pk=uuid4(), name="nobody")
    assert give(nobody, second, 30, now).notice_days == 30


@pytest.mark.parametrize("days", [0, 29, 367])
def test_p4_a_notice_never_runs_for_less_than_30_days(
    acme: Customer, now: datetime, days: int
) -> None:
    with pytest.raises(BadNoticeDays):
        set_notice_days(acme, days=days, by=SYSTEM, now=now)
    with pytest.raises(BadNoticeDays):
        create_customer("Borealis", notice_days=days, by=SYSTEM, now=now)
    with pytest.raises(IntegrityError, match="notice_days"), transaction.atomic():
        Customer.objects.filter(pk=acme.pk).update(notice_days=days)


def test_a_change_stands_in_both_trails_with_what_it_was_before(
    acme: Customer, now: datetime
) -> None:
    owner = User.objects.create_user("olga@sandglass.example", is_staff=True)
    set_notice_days(acme, days=60, by=SYSTEM, now=now)
    set_account_owner(acme, owner=owner, by=SYSTEM, now=now)
    set_reference(acme, reference="K-1", by=SYSTEM, now=now)
    acts = Entry.objects.order_by("pk").values_list("kind", "facts")[2:]
    assert [kind for kind, _ in acts] == [
        "customer:notice_days:changed", "customer:owner:changed", "customer:reference:changed"
    ]  # fmt: skip
    assert acts[0][1] == {"from": 30, "to": 60, "actor": "system", "actor_id": None}
    assert acts[1][1]["owner"] == str(owner.pk)
    changed = LogEntry.objects.filter(object_pk=str(acme.pk), action=LogEntry.Action.UPDATE)
    assert [next(iter(entry.changes)) for entry in changed.order_by("pk")] == [
        "notice_days", "account_owner", "reference"
    ]  # fmt: skip


def test_what_stays_as_it_was_is_no_act(acme: Customer, now: datetime) -> None:
    before = Entry.objects.count()
    set_notice_days(acme, days=30, by=SYSTEM, now=now)
    set_account_owner(acme, owner=None, by=SYSTEM, now=now)
    set_reference(acme, reference="", by=SYSTEM, now=now)
    assert Entry.objects.count() == before


def test_no_two_customers_have_one_reference(acme: Customer, now: datetime) -> None:
    set_reference(acme, reference="K-1", by=SYSTEM, now=now)
    with pytest.raises(IntegrityError, match="once_for_each_reference"), transaction.atomic():
        create_customer("Borealis", reference="K-1", by=SYSTEM, now=now)
    assert create_customer("Borealis", by=SYSTEM, now=now).reference == ""


@pytest.mark.parametrize("reference", [" K1", "=K1", "K 1", "x" * 65])
def test_a_reference_has_a_shape(acme: Customer, now: datetime, reference: str) -> None:
    with pytest.raises(Error), transaction.atomic():
        set_reference(acme, reference=reference, by=SYSTEM, now=now)
