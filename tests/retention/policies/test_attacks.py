"""Raw SQL, as the application's own role: nobody makes a change bind earlier than promised (P4)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import Error, connection, transaction

from retention.actor import SYSTEM
from retention.policies import activate, publish, recorded, revise, stays
from retention.policies.models import Activation, PolicyVersion, ProfileChoice, Stay
from retention.policies.rules import Period, Profile
from tests.factories.versions import (
    APPROVER,
    AUTHOR,
    announced,
    bound_from,
    database_day,
    drafted,
    version_in,
)

DAY = date(2026, 11, 22)
A_DAY = timedelta(days=1)
FIRST = date(2026, 12, 24)
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
GIVE = (
    "INSERT INTO retention_activation (customer_id, version_id, kind, given_on, notice_days,"
    " effective_on, voided_for) VALUES (%s, %s, %s, %s, %s, %s, '')"
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def acme(db: None) -> UUID:
    database_day(DAY)
    customer = uuid4()
    publish.accept(customer, profile=Profile.STANDARD, by=SYSTEM, now=NOW - 90 * A_DAY)
    return customer


@pytest.fixture
def version(acme: UUID) -> PolicyVersion:
    return announced(NOW, response=Period(days=90))


def run(statement: str, *parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def refused(code: str, statement: str, *parameters: Any) -> None:
    with pytest.raises(Error, match=code):
        run(statement, *parameters)


# ---- notice


@pytest.mark.parametrize("claimed", ["2026-01-01", "2026-11-21", "2030-01-01", None])
def test_p4_the_day_of_giving_is_the_databases_whatever_is_written(
    acme: UUID, version: PolicyVersion, claimed: str | None
) -> None:
    run(GIVE, acme, version.pk, "noticed", claimed, 30, None)
    told = Activation.objects.get(version=version)
    assert (told.given_on, told.effective_on) == (DAY, FIRST)


@pytest.mark.parametrize(
    ("kind", "notice_days", "effective_on", "code"),
    [
        ("noticed", 30, "2026-12-23", "activation_early"),
        ("noticed", 60, "2027-01-21", "activation_early"),
        ("noticed", 30, "2026-11-22", "activation_early"),
        ("noticed", 29, "2027-12-24", "activation_notice"),
        ("noticed", 0, "2027-12-24", "activation_notice"),
        ("noticed", None, "2027-12-24", "activation_notice"),
        ("accepted", 0, "2026-11-22", "activation_accepted"),
        ("accepted", 0, "2026-12-24", "activation_accepted"),
        ("other", 30, None, "activation_order"),
    ],
)
def test_p4_nothing_takes_effect_before_its_notice_is_over(
    acme: UUID,
    version: PolicyVersion,
    kind: str,
    notice_days: int | None,
    effective_on: str | None,
    code: str,
) -> None:
    refused(code, GIVE, acme, version.pk, kind, DAY, notice_days, effective_on)
    assert Activation.objects.count() == 1


def test_p4_a_later_day_may_be_asked_for(acme: UUID, version: PolicyVersion) -> None:
    run(GIVE, acme, version.pk, "noticed", DAY, 30, FIRST + A_DAY)
    assert Activation.objects.get(version=version).effective_on == FIRST + A_DAY


@pytest.mark.parametrize("state", ["draft", "approved", "withdrawn"])
def test_p4_only_an_announced_version_binds_anybody(acme: UUID, state: str) -> None:
    made = version_in(state)
    for kind, customer in (("noticed", acme), ("accepted", uuid4())):
        refused("activation_version", GIVE, customer, made.pk, kind, DAY, 30, DAY + 90 * A_DAY)


def test_p4_who_is_there_accepts_nothing_by_another_name(
    acme: UUID, version: PolicyVersion
) -> None:
    signed_up = DAY - 90 * A_DAY
    for given, effective in ((signed_up, signed_up), (signed_up, FIRST), (DAY, FIRST)):
        refused("activation_accepted", GIVE, acme, version.pk, "accepted", given, 0, effective)
    newcomer = uuid4()
    refused("activation_accepted", GIVE, newcomer, version.pk, "accepted", DAY, 0, DAY)


@pytest.mark.parametrize(
    "change",
    [
        *("effective_on = effective_on - 1", "given_on = given_on - 1", "notice_days = 31"),
        *("version_id = 1", "customer_id = gen_random_uuid()", "kind = 'accepted'"),
        *("effective_on = effective_on + 1", "applied_at = now()", "id = id + 100"),
        *("voided_at = now(), voided_for = 'bounced', effective_on = '2026-11-22'",),
        *("voided_at = now(), voided_for = 'bounced', applied_at = now()",),
    ],
)
def test_p4_what_was_given_is_not_changed(acme: UUID, version: PolicyVersion, change: str) -> None:
    told = activate.give(acme, version, notice_days=30, by=SYSTEM, now=NOW)
    refused("activation_fixed", f"UPDATE retention_activation SET {change} WHERE id = %s", told.pk)


def test_p4_what_was_voided_stays_so(acme: UUID, version: PolicyVersion) -> None:
    told = activate.give(acme, version, notice_days=30, by=SYSTEM, now=NOW)
    activate.void(told, why="bounced", by=SYSTEM, now=NOW)
    for change in ("voided_at = NULL, voided_for = ''", "voided_at = now()", "applied_at = now()"):
        statement = f"UPDATE retention_activation SET {change} WHERE id = %s"
        refused("activation_fixed", statement, told.pk)
    with pytest.raises(Error, match="is refused"):
        run("DELETE FROM retention_activation WHERE id = %s", told.pk)


def test_p4_what_took_effect_is_not_voided_and_is_applied_once(acme: UUID) -> None:
    told = bound_from(acme, version_in("announced", takes_effect_on=DAY), DAY)
    change = "UPDATE retention_activation SET {} WHERE id = %s"
    void = change.format("voided_at = now(), voided_for = 'bounced'")
    refused("activation_fixed", void, told.pk)
    run(change.format("applied_at = now()"), told.pk)
    for again in (void, change.format("applied_at = NULL"), change.format("applied_at = now()")):
        refused("activation_fixed", again, told.pk)


def test_p4_a_table_of_the_same_name_does_not_move_the_clock(
    acme: UUID, version: PolicyVersion
) -> None:
    run("CREATE TEMP TABLE retention_democlock (id int, offset_seconds bigint)")
    run("INSERT INTO pg_temp.retention_democlock VALUES (1, -8640000)")
    try:
        run(GIVE, acme, version.pk, "noticed", None, 30, None)
        assert Activation.objects.get(version=version).given_on == DAY
    finally:
        run("DROP TABLE pg_temp.retention_democlock")


# ---- versions


APPROVE = (
    "UPDATE retention_policyversion SET state = 'approved', approved_by = %s, content_hash = %s"
    " WHERE id = %s"
)
HASH = "a" * 64


def test_p4_nobody_approves_alone(acme: UUID) -> None:
    draft = drafted(NOW)
    code = "policyversion_second_person"
    refused(code, APPROVE, AUTHOR.id, HASH, draft.pk)
    refused(code, APPROVE, None, HASH, draft.pk)
    both = APPROVE.replace("SET", "SET author_id = gen_random_uuid(),")
    refused("policyversion_immutable", both, AUTHOR.id, HASH, draft.pk)
    run("UPDATE retention_policyversion SET author_id = NULL WHERE id = %s", draft.pk)
    refused(code, APPROVE, APPROVER.id, HASH, draft.pk)


def test_p4_what_is_approved_has_a_hash_and_its_periods(acme: UUID) -> None:
    draft = drafted(NOW)
    for wrong in ("", "a" * 63, "A" * 64):
        refused("policyversion_hash", APPROVE, APPROVER.id, wrong, draft.pk)
    run("DELETE FROM retention_policyperiod WHERE version_id = %s AND data_class = 'response'",
        draft.pk)  # fmt: skip
    refused("policyversion_periods", APPROVE, APPROVER.id, HASH, draft.pk)


def test_p13_no_version_keeps_snippets_longer_than_a_day(acme: UUID) -> None:
    draft = drafted(NOW)
    run("UPDATE retention_policyperiod SET days = 2 WHERE version_id = %s"
        " AND data_class = 'snippet'", draft.pk)  # fmt: skip
    refused("policyversion_periods", APPROVE, APPROVER.id, HASH, draft.pk)


@pytest.mark.parametrize(
    "change",
    [
        *("approved_by = gen_random_uuid()", "content_hash = 'x'", "impact = '{}'"),
        *("takes_effect_on = '2027-12-24'", "announced_at = now()", "withdrawn_at = now()"),
        "approved_at = now()",
    ],
)
def test_p4_a_draft_is_neither_approved_nor_announced(acme: UUID, change: str) -> None:
    statement = f"UPDATE retention_policyversion SET {change} WHERE id = %s"
    refused("policyversion_draft", statement, drafted(NOW).pk)


@pytest.mark.parametrize("day", ["2026-12-23", "2026-11-22", None])
def test_p4_a_day_too_early_is_not_announced(acme: UUID, day: str | None) -> None:
    approved = publish.approve(drafted(NOW), impact={}, by=APPROVER, now=NOW)
    announce = (
        "UPDATE retention_policyversion SET state = 'announced', takes_effect_on = %s WHERE id = %s"
    )
    refused("policyversion_early", announce, day, approved.pk)
    day_alone = "UPDATE retention_policyversion SET takes_effect_on = '2026-12-24' WHERE id = %s"
    refused("policyversion_day", day_alone, approved.pk)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("takes_effect_on = takes_effect_on - 1", "policyversion_day"),
        ("takes_effect_on = takes_effect_on + 1", "policyversion_day"),
        ("takes_effect_on = NULL", "policyversion_day"),
        ("announced_at = announced_at - interval '9 days'", "policyversion_day"),
        ("withdrawn_at = now()", "policyversion_withdrawn"),
        ("state = 'approved'", "policyversion_state"),
    ],
)
def test_p4_the_day_that_was_announced_stays(
    acme: UUID, version: PolicyVersion, change: str, code: str
) -> None:
    refused(code, f"UPDATE retention_policyversion SET {change} WHERE id = %s", version.pk)


def test_p4_a_second_pending_version_is_not_announced(acme: UUID, version: PolicyVersion) -> None:
    other = publish.approve(drafted(NOW), impact={}, by=APPROVER, now=NOW)
    announce = (
        "UPDATE retention_policyversion SET state = 'announced', takes_effect_on = %s WHERE id = %s"
    )
    refused("policyversion_pending", announce, FIRST, other.pk)


def test_p4_a_version_in_force_is_not_withdrawn(acme: UUID) -> None:
    version = version_in("announced", takes_effect_on=DAY)
    bound_from(acme, version, DAY)
    withdraw = "UPDATE retention_policyversion SET state = 'withdrawn' WHERE id = %s"
    refused("policyversion_in_force", withdraw, version.pk)


# ---- clock


def test_p4_the_demonstrations_clock_does_not_begin_in_the_past_any_more(db: None) -> None:
    insert = "INSERT INTO retention_democlock (id, offset_seconds) VALUES (1, %s)"
    publish.accept(uuid4(), profile=Profile.STANDARD, by=SYSTEM, now=NOW)
    refused("democlock_begin", insert, -1)
    run(insert, 0)
    refused("democlock_forward", "UPDATE retention_democlock SET offset_seconds = -1")
    refused("is refused", "DELETE FROM retention_democlock")
    again = f"{insert} ON CONFLICT (id) DO UPDATE SET offset_seconds = excluded.offset_seconds"
    refused("democlock_forward", again, -86_400)
    run(again, 86_400)


# ---- profiles, stays, corrections, earlier policies


def test_p16_a_choice_after_sign_up_begins_on_the_databases_day(acme: UUID) -> None:
    insert = (
        "INSERT INTO retention_profilechoice (customer_id, profile, first_day, chosen_at,"
        " applied_at) VALUES (%s, %s, '2026-01-01', now(), now())"
    )
    for profile, first_day in (("minimal", DAY), ("standard", DAY + A_DAY)):
        run(insert, acme, profile)
        choice = ProfileChoice.objects.latest("pk")
        assert (choice.first_day, choice.applied_at) == (first_day, None)
    for change in ("first_day = '2026-01-01'", "profile = 'minimal'", "applied_at = now()"):
        statement = f"UPDATE retention_profilechoice SET {change} WHERE id = %s"
        refused("profilechoice_fixed", statement, choice.pk)


def test_p4_a_stay_keeps_only_what_bound_the_customer_and_is_not_changed(
    acme: UUID, version: PolicyVersion
) -> None:
    insert = (
        "INSERT INTO retention_stay (customer_id, version_id, kept_id, first_day)"
        " VALUES (%s, %s, %s, '2026-01-01')"
    )
    refused("stay_kept", insert, acme, 1, version.pk)
    refused("stay_kept", insert, acme, version.pk, version.pk)
    refused("stay_kept", insert, uuid4(), version.pk, 1)
    run(insert, acme, version.pk, 1)
    stay = Stay.objects.get()
    assert stay.first_day == DAY
    for change in ("first_day = '2026-01-01'", "kept_id = version_id", "last_day = '2026-11-21'"):
        refused("stay_fixed", f"UPDATE retention_stay SET {change}")
    stays.end_stay(stay, last_day=DAY, by=SYSTEM, now=NOW)
    for change in ("last_day = NULL", "last_day = '2027-01-01'"):
        refused("stay_fixed", f"UPDATE retention_stay SET {change}")
    for statement in ("DELETE FROM retention_stay", "TRUNCATE retention_stay CASCADE"):
        run("SET CONSTRAINTS ALL IMMEDIATE")
        refused("is refused", statement)


def test_a_correction_is_approved_once_by_another_person_and_stays(
    acme: UUID, version: PolicyVersion
) -> None:
    text = version.text.replace("shorter time", "shorter tyme")
    revision = revise.propose(version, text=text, reason="A typo.", by=AUTHOR, now=NOW)
    change = "UPDATE retention_revision SET {}"
    alone = change.format(f"approved_by = '{AUTHOR.id}'")
    refused("revision_second_person", alone)
    for wrong in ("text = 'x'", "reason = 'x'", "approved_at = now()", "proposed_at = now()"):
        refused("revision_fixed", change.format(wrong))
    revise.approve(revision, by=APPROVER, now=NOW)
    for wrong in ("approved_by = NULL, approved_at = NULL", "text = 'x'"):
        refused("revision_fixed", change.format(wrong))
    run("SET CONSTRAINTS ALL IMMEDIATE")
    for statement in ("DELETE FROM retention_revision", "TRUNCATE retention_revision"):
        refused("is refused", statement)


def test_an_earlier_policy_is_added_and_never_changed(db: None) -> None:
    recorded.record("2024", "Kept.", valid_from=DAY, valid_until=None, by=AUTHOR, now=NOW)
    for statement in (
        "UPDATE retention_recordedversion SET text = 'x'",
        "DELETE FROM retention_recordedversion",
        "TRUNCATE retention_recordedversion",
    ):
        refused("is refused", statement)
