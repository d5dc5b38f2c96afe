"""P4: the ways somebody might make a change bind earlier, each refused.

Those of one slice alone are held by its own tests (`retention/policies/test_attacks.py`,
`compliance/notices`, `compliance/approvals`, `compliance/admin/policy`). These go through several,
or use what is around them: clocks, temporary tables, another schema.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import Error, connection, transaction

from compliance.customers.contract import set_notice_days
from compliance.customers.models import Customer
from compliance.notices import tasks
from retention import clock
from retention.actor import SYSTEM
from retention.errors import ClockSuspect, NotGiven
from retention.expiry import guard, profiles, shorten
from retention.policies import activate, publish
from retention.policies.models import PolicyVersion
from retention.policies.rules import Period, Profile
from retention.records.models import Cell
from tests.cast import make_company
from tests.compliance.alarms.conftest import smtp as smtp
from tests.compliance.alarms.mailserver import MailServer
from tests.compliance.notices.conftest import Scene, activation_of
from tests.compliance.notices.conftest import scene as scene
from tests.conftest import Live
from tests.factories.versions import announced, database_day
from tests.retention.expiry.scenes import keep, noon

A_DAY = timedelta(days=1)
DAY = date(2026, 11, 22)
NOW = noon(DAY)
GIVE = (
    "INSERT INTO retention_activation (customer_id, version_id, kind, given_on, notice_days,"
    " effective_on, voided_for) VALUES (%s, %s, %s, %s, %s, %s, '')"
)


def run(*statements: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


@pytest.fixture
def acme(live: Live) -> UUID:
    """A customer with ninety days of notice."""
    database_day(DAY)
    made = make_company("Acme")
    customer = Customer.objects.get(pk=made.id)
    set_notice_days(customer, days=90, by=SYSTEM, now=NOW)
    return made.id


# ---- what a session has of its own


def test_a_temporary_table_of_customers_shortens_no_notice(acme: UUID) -> None:
    version = announced(NOW)
    run(
        "CREATE TEMP TABLE compliance_customer (id uuid, notice_days int)",
        f"INSERT INTO compliance_customer VALUES ('{acme}', 30)",
    )
    try:
        with pytest.raises(NotGiven) as refused:
            activate.give(acme, version, notice_days=30, by=SYSTEM, now=NOW)
        assert "activation_notice_days" in str(refused.value.__cause__)
    finally:
        run("DROP TABLE pg_temp.compliance_customer")
    assert publish.pending(today=DAY) == version


def test_a_temporary_table_of_the_log_releases_nothing(scene: Scene) -> None:
    made = scene.announce(signed=False)
    run(
        "CREATE TEMP TABLE retention_entry (id bigint, signed_at timestamptz)",
        f"INSERT INTO retention_entry VALUES ({made.entry_id}, now())",
    )
    try:
        with pytest.raises(Error, match="before the act is signed"):
            run("UPDATE compliance_announcement SET released_at = now()")
    finally:
        run("DROP TABLE pg_temp.retention_entry")


def test_every_guard_of_the_database_has_its_own_search_path(db: None) -> None:
    """Else a temporary table, or an operator in another schema, answers in place of ours."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE prorettype = 'trigger'::regtype"
            " AND pronamespace = 'public'::regnamespace AND NOT coalesce("
            "   proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'], false)"
        )
        assert cursor.fetchall() == []


def test_an_operator_of_another_schema_moves_no_deletion_date_later(acme: UUID) -> None:
    keep(acme, DAY)
    with pytest.raises(Error, match="cell_expires_on"):
        run(
            "UPDATE retention_cell SET expires_on = expires_on - 1",
            "CREATE SCHEMA mine",
            "CREATE FUNCTION mine.never(date, date) RETURNS boolean LANGUAGE sql AS 'SELECT false'",
            "CREATE OPERATOR mine.> (FUNCTION = mine.never, LEFTARG = date, RIGHTARG = date)",
            "SET LOCAL search_path = mine, pg_catalog, public",
            "UPDATE retention_cell SET expires_on = expires_on + 1",
        )


def test_turning_triggers_off_needs_a_superuser(db: None) -> None:
    with pytest.raises(Error, match="permission denied"):
        run(
            "CREATE ROLE nobody_special NOSUPERUSER",
            "SET LOCAL ROLE nobody_special",
            "SET session_replication_role = replica",
        )


# ---- signing up


def test_who_signed_up_on_the_day_of_announcing_accepts_nothing_later(live: Live) -> None:
    database_day(DAY)
    newcomer = uuid4()
    publish.accept(newcomer, profile=Profile.STANDARD, by=SYSTEM, now=NOW)
    version = announced(NOW)
    database_day(DAY + 20 * A_DAY)
    backdated = [newcomer, version.pk, "accepted", DAY, 0, version.takes_effect_on]
    refused = pytest.raises(Error, match="activation_accepted")
    with refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(GIVE, backdated)


# ---- clocks


def seen(ahead: timedelta) -> None:
    """What the deletion run saw last: a time that is not the database's."""
    guard.check()
    run(
        "UPDATE retention_clockguard"
        f" SET host_time = host_time + interval '{ahead.total_seconds()} seconds'"
    )


def test_a_database_whose_clock_was_set_back_gives_no_notice(acme: UUID, settings: Any) -> None:
    settings.DEMO = True
    version = announced(NOW)
    seen(20 * A_DAY)
    with pytest.raises(NotGiven) as refused:
        activate.give(acme, version, notice_days=90, by=SYSTEM, now=NOW)
    assert "activation_clock" in str(refused.value.__cause__)
    run("DELETE FROM retention_clockguard")
    assert activate.give(acme, version, notice_days=90, by=SYSTEM, now=NOW).given_on == DAY


def test_while_the_clock_is_suspect_nobody_is_mailed(scene: Scene, smtp: MailServer) -> None:
    acme = scene.customer("Acme", "legal@acme.example")
    scene.announce()
    seen(20 * A_DAY)
    with pytest.raises(ClockSuspect):
        tasks.run()
    assert smtp.mails == []
    assert activation_of(acme) is None
    guard.confirm(by=SYSTEM, now=clock.now())
    tasks.run()
    assert len(smtp.mails) == 1
    assert activation_of(acme) is not None


@pytest.mark.parametrize("days", [-40, 40])
def test_outside_a_demonstration_a_moved_clock_of_the_database_destroys_nothing(
    live: Live, settings: Any, days: int
) -> None:
    settings.DEMO = False
    run(f"INSERT INTO retention_democlock (id, offset_seconds) VALUES (1, {days * 86_400})")
    with pytest.raises(ClockSuspect, match="demonstration_clock"):
        guard.check()
    guard.confirm(by=SYSTEM, now=clock.now())
    with pytest.raises(ClockSuspect, match="demonstration_clock"):
        guard.check()


def test_there_is_no_second_clock_to_change_to(live: Live) -> None:
    run("INSERT INTO retention_democlock (id, offset_seconds) VALUES (1, 0)")
    for statement in (
        "UPDATE retention_democlock SET id = 2",
        "INSERT INTO retention_democlock (id, offset_seconds) VALUES (2, 86400)",
    ):
        with pytest.raises(Error, match="democlock_one_row"):
            run(statement)


@pytest.fixture
def told(acme: UUID) -> PolicyVersion:
    """Twenty days for answers, from 21 February on."""
    keep(acme, DAY)
    version = announced(NOW, response=Period(days=20))
    given = activate.give(acme, version, notice_days=90, by=SYSTEM, now=NOW)
    assert given.effective_on == date(2027, 2, 21)
    return version


def answers(customer: UUID) -> list[date]:
    found = Cell.objects.filter(customer_id=customer, data_class="response")
    return list(found.order_by("clock_day").values_list("expires_on", flat=True))


def test_a_host_that_is_ahead_moves_no_date_by_what_is_pending(
    acme: UUID, told: PolicyVersion
) -> None:
    ahead = noon(DAY + 120 * A_DAY)
    shorten.apply_due(ahead.date(), ahead)
    assert answers(acme) == [date(2027, 5, 22)]
    profiles.choose(acme, Profile.MINIMAL, by=SYSTEM, now=ahead)
    assert answers(acme) == [DAY + 30 * A_DAY]


def test_what_comes_in_on_a_host_that_is_ahead_is_kept_by_the_policy_of_today(
    acme: UUID, told: PolicyVersion
) -> None:
    database_day(DAY + 90 * A_DAY)
    keep(acme, DAY + 89 * A_DAY, received=noon(DAY + 92 * A_DAY))
    assert answers(acme)[1:] == [date(2027, 8, 19)]
