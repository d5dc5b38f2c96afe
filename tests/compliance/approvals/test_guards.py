"""What somebody who comes with SQL as the application's role is refused."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, connection, transaction

from compliance.approvals.decide import approve, take_back
from compliance.approvals.deputies import appoint
from compliance.approvals.models import ApprovalRequest, Deputy
from tests.compliance.approvals.conftest import NOW, Papers, People, as_actor

DECIDED = "decision = 'approved', decided_at = now(), decided_by_id"


def refused(statement: str, *values: object) -> str:
    """Why the database said no; fails the test when it did not."""
    with connection.cursor() as cursor:
        # A table whose foreign keys are still to be looked at is not emptied anyway.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(DatabaseError) as error, transaction.atomic():
            cursor.execute(statement, values)
    return str(error.value)


def test_p4_nobody_decides_on_what_they_asked(asked: ApprovalRequest, people: People) -> None:
    why = refused(f"UPDATE compliance_approvalrequest SET {DECIDED} = %s", people.olga.pk)
    assert "approval_by_a_second_person" in why


def test_p4_nor_on_what_they_wrote(asked: ApprovalRequest, papers: Papers, people: People) -> None:
    insert = (
        "INSERT INTO compliance_approvalrequest"
        " (id, kind, subject, fingerprint, author_id, asked_by_id, asked_at, decision, note)"
        " VALUES (gen_random_uuid(), 'paper', '9', '', %s, %s, now(), '', '')"
    )
    with connection.cursor() as cursor:
        cursor.execute(insert, [people.ida.pk, people.olga.pk])
    why = refused(
        f"UPDATE compliance_approvalrequest SET {DECIDED} = %s WHERE subject = '9'", people.ida.pk
    )
    assert "approval_by_a_second_person" in why


def test_nothing_is_decided_by_nobody(asked: ApprovalRequest) -> None:
    why = refused("UPDATE compliance_approvalrequest SET decision = 'approved', decided_at = now()")
    assert "approval_decided_or_open" in why


def test_it_is_decided_once(asked: ApprovalRequest, people: People) -> None:
    approve(asked, by=as_actor(people.ida), now=NOW)
    for change in (
        "decision = 'declined'",
        "note = 'No'",
        "decision = '', decided_by_id = NULL, decided_at = NULL",
    ):
        assert "decided once" in refused(f"UPDATE compliance_approvalrequest SET {change}")


def test_what_was_taken_back_stays_so(asked: ApprovalRequest, people: People) -> None:
    take_back(asked, by=as_actor(people.olga), now=NOW)
    why = refused(f"UPDATE compliance_approvalrequest SET {DECIDED} = %s", people.ida.pk)
    assert "decided once" in why


@pytest.mark.parametrize(
    "change",
    [
        "subject = '8'",
        "kind = 'other'",
        "fingerprint = 'x'",
        "asked_at = now()",
        "author_id = NULL",
        "asked_by_id = (SELECT id FROM compliance_user WHERE email LIKE 'ida@%')",
    ],
)
def test_what_was_asked_stays_as_it_was(asked: ApprovalRequest, change: str) -> None:
    statement = f"UPDATE compliance_approvalrequest SET {change}".replace("%", "%%")
    assert "as it was asked" in refused(statement)


def test_a_request_is_not_made_as_decided(asked: ApprovalRequest) -> None:
    why = refused(
        "INSERT INTO compliance_approvalrequest SELECT gen_random_uuid(), kind, '8', fingerprint,"
        " asked_at, 'approved', now(), note, asked_by_id, author_id,"
        " (SELECT id FROM compliance_user WHERE email LIKE 'ida@%%'), NULL"
        " FROM compliance_approvalrequest"
    )
    assert "asked before it is decided" in why


@pytest.mark.parametrize("table", ["approvalrequest", "deputy"])
@pytest.mark.parametrize(
    "statement", ["DELETE FROM compliance_{}", "TRUNCATE compliance_{} CASCADE"]
)
def test_nothing_is_removed(asked: ApprovalRequest, table: str, statement: str) -> None:
    assert "are kept" in refused(statement.format(table))


@pytest.fixture
def deputy(people: People) -> Deputy:
    return appoint(
        people.ida, people.otto, first_day=NOW.date(), last_day=NOW.date(),
        by=as_actor(people.ida), now=NOW,
    )  # fmt: skip


@pytest.mark.parametrize(
    "change",
    [
        "last_day = last_day + 1",
        "first_day = first_day - 1",
        "deputy_id = person_id",
        "made_at = now()",
    ],
)
def test_a_deputy_keeps_person_and_days(deputy: Deputy, change: str) -> None:
    assert "keeps its person and days" in refused(f"UPDATE compliance_deputy SET {change}")


def test_an_ended_deputy_stays_ended(deputy: Deputy, people: People) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE compliance_deputy SET ended_at = now(), ended_by_id = %s", [people.ida.pk]
        )
    why = refused("UPDATE compliance_deputy SET ended_at = NULL, ended_by_id = NULL")
    assert "stays ended" in why


def test_nobody_is_their_own_deputy_nor_for_days_in_the_wrong_order(people: People) -> None:
    insert = (
        "INSERT INTO compliance_deputy"
        " (id, person_id, deputy_id, first_day, last_day, made_by_id, made_at)"
        " VALUES (gen_random_uuid(), %s, %s, '2026-11-22', %s, %s, now())"
    )
    ida, otto = people.ida.pk, people.otto.pk
    assert "deputy_is_somebody_else" in refused(insert, ida, ida, "2026-11-23", ida)
    assert "deputy_days_in_order" in refused(insert, ida, otto, "2026-11-21", ida)
