"""What the database itself refuses to do to policies, whoever asks."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from django.db import Error, connection, transaction

from retention.actor import SYSTEM
from retention.policies import publish
from retention.policies.models import PolicyVersion
from retention.policies.rules import STANDARD_RULES, Profile
from tests.factories.versions import version_in

NOW = datetime(2026, 3, 1, 9, tzinfo=UTC)
STATES = ["draft", "approved", "announced", "withdrawn"]
EDGES = {("draft", "approved"), ("approved", "announced")} | {
    (state, "withdrawn") for state in ("approved", "announced")
}
# What a step needs beside the state.
NEEDS = {
    ("draft", "approved"): ["approved_by = gen_random_uuid()", "content_hash = repeat('a', 64)"],
    ("approved", "announced"): ["takes_effect_on = retention_database_day() + 32"],
}
PERIOD = (
    "INSERT INTO retention_policyperiod (version_id, data_class, months, days, or_when_delivered)"
    " VALUES (%s, %s, %s, %s, %s)"
)

pytestmark = pytest.mark.django_db


def run(statement: str, *parameters: Any) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def refused(message: str, statement: str, *parameters: Any) -> None:
    with pytest.raises(Error, match=message):
        run(statement, *parameters)
    assert PolicyVersion.objects.get(number=1).rules() == STANDARD_RULES


def draft() -> PolicyVersion:
    return version_in("draft", text="two", context_lines=5)


def in_state(state: str) -> int:
    """The id of a second version in that state."""
    return version_in(state, takes_effect_on=date(2026, 5, 1) if state == "announced" else None).pk


APPROVED = pytest.mark.parametrize("state", ["approved", "announced", "withdrawn"])


@APPROVED
@pytest.mark.parametrize(
    "change",
    [
        *("text = 'other'", "number = 9", "context_lines = 500", "whole_files = true"),
        *("id = id + 9", "purpose = 'other'", "exceptions = 'other'", "places = 'other'"),
        *("reason = 'other'", "author_id = gen_random_uuid()", "approved_by = gen_random_uuid()"),
        *("content_hash = repeat('1', 64)", "impact = '{}'", "approved_at = now()"),
    ],
)
def test_p4_an_approved_version_is_not_edited(state: str, change: str) -> None:
    identifier = in_state(state)
    refused(
        "policyversion_immutable",
        f"UPDATE retention_policyversion SET {change} WHERE id = %s",
        identifier,
    )


@APPROVED
def test_p4_an_approved_version_is_not_deleted(state: str) -> None:
    identifier = in_state(state)
    refused(
        "policyversion_immutable",
        "DELETE FROM retention_policyperiod WHERE version_id = %s",
        identifier,
    )
    refused(
        "policyversion_immutable", "DELETE FROM retention_policyversion WHERE id = %s", identifier
    )


@APPROVED
def test_p4_the_periods_of_an_approved_version_stay(state: str) -> None:
    identifier = in_state(state)
    message = "policyversion_immutable"
    refused(
        message, "UPDATE retention_policyperiod SET months = 6 WHERE version_id = %s", identifier
    )
    refused(message, PERIOD, identifier, "prompt", 6, None, False)
    refused(message, "DELETE FROM retention_policyperiod WHERE version_id = %s", identifier)


def test_p4_a_period_is_not_moved_between_versions() -> None:
    made = draft()
    message = "policyversion_immutable"
    move = "UPDATE retention_policyperiod SET version_id = %s WHERE version_id = %s"
    refused(message, move + " AND data_class = 'snippet'", made.pk, 1)
    refused(message, move, 1, made.pk)


def test_a_draft_may_be_edited_and_thrown_away() -> None:
    made = draft()
    run("UPDATE retention_policyversion SET text = 'better' WHERE id = %s", made.pk)
    only = " WHERE data_class <> 'snippet' AND version_id = %s"
    run(f"UPDATE retention_policyperiod SET months = 2{only}", made.pk)
    run(f"DELETE FROM retention_policyperiod{only}", made.pk)
    run(PERIOD, made.pk, "response", None, 10, False)
    run("DELETE FROM retention_policyperiod WHERE version_id = %s", made.pk)
    run("DELETE FROM retention_policyversion WHERE id = %s", made.pk)
    assert PolicyVersion.objects.count() == 1


@pytest.mark.parametrize("state", STATES[1:])
def test_a_version_begins_as_a_draft(state: str) -> None:
    refused(
        "policyversion_state",
        "INSERT INTO retention_policyversion (number, state, text, context_lines, whole_files,"
        " purpose, exceptions, places, reason, content_hash)"
        " VALUES (2, %s, 'x', 1, false, '', '', '', '', '')",
        state,
    )


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wanted", [*STATES, "other"])
def test_a_versions_state_goes_forward_only(state: str, wanted: str) -> None:
    identifier = in_state(state)
    values = ["state = %s", *NEEDS.get((state, wanted), ())]
    move = f"UPDATE retention_policyversion SET {', '.join(values)} WHERE id = %s"
    if state == wanted or (state, wanted) in EDGES:
        run(move, wanted, identifier)
    else:
        refused("policyversion_state|policyversion_draft", move, wanted, identifier)


@pytest.mark.parametrize(
    ("months", "days"),
    [(None, None), (6, 1), (7, None), (0, None), (None, 0), (None, 185), (-1, None)],
)
def test_a_period_is_months_or_days_within_six_months(months: int | None, days: int | None) -> None:
    made = draft().pk
    run("DELETE FROM retention_policyperiod WHERE version_id = %s", made)
    refused("policyperiod|check", PERIOD, made, "response", months, days, False)


def test_only_snippets_end_when_delivered() -> None:
    made = draft().pk
    run("DELETE FROM retention_policyperiod WHERE version_id = %s", made)
    refused("only_snippets", PERIOD, made, "response", 6, None, True)
    run(PERIOD, made, "snippet", None, 1, True)


def test_a_class_has_one_period_and_is_one_of_the_four() -> None:
    made = draft().pk
    refused("one_for_each_class", PERIOD, made, "prompt", 6, None, False)
    refused("policyperiod_class", PERIOD, made, "other", 6, None, False)


@pytest.mark.parametrize("table", ["retention_activation", "retention_profilechoice"])
@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
        "UPDATE {} SET customer_id = gen_random_uuid()",
        "UPDATE {} SET id = id",
    ],
)
def test_p4_what_a_customer_accepted_or_chose_stays(table: str, statement: str) -> None:
    publish.accept(uuid4(), profile=Profile.STANDARD, by=SYSTEM, now=NOW)
    # What is deferred to the end of the transaction would get in the way of TRUNCATE first.
    run("SET CONSTRAINTS ALL IMMEDIATE")
    refused("is refused", statement.format(table))


@pytest.mark.parametrize("table", ["retention_policyversion", "retention_policyperiod"])
def test_policies_are_not_emptied(table: str) -> None:
    refused("is refused", f"TRUNCATE {table} CASCADE")


def test_a_profile_is_one_of_those_there_are() -> None:
    insert = (
        "INSERT INTO retention_profilechoice (customer_id, profile, first_day, chosen_at)"
        " VALUES (%s, 'none', '2026-12-01', %s)"
    )
    refused("profilechoice_known", insert, uuid4(), NOW)
