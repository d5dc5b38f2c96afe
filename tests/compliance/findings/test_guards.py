"""What the database refuses, also to somebody who comes with SQL."""

from __future__ import annotations

import pytest
from django.db import Error, connection, transaction

from compliance.customers.contacts import add_contact
from compliance.customers.models import Customer
from compliance.findings import tell, work
from compliance.findings.models import Finding
from retention.actor import SYSTEM, Actor
from tests.compliance.findings.conftest import NOW, counted, flags


@pytest.fixture
def decided(acme: Customer, officer: Actor) -> Finding:
    """Explained, and Acme was told."""
    email = "security@acme.example"
    add_contact(acme, name="Lena", email=email, role="security", by=SYSTEM, now=NOW)
    flags(acme, 3)
    finding = counted()
    work.explain([finding.pk], "Why.", by=officer, now=NOW)
    tell.tell([finding.pk], by=officer, now=NOW)
    return finding


def run(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        # What the fixtures left to be checked at the end is checked now.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(statement)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize(
    ("statement", "message"),
    [
        ("UPDATE compliance_finding SET note = 'other'", "finding_decision"),
        ("UPDATE compliance_finding SET state = 'accepted'", "finding_decision"),
        ("UPDATE compliance_finding SET decided_by_id = NULL", "finding_decision"),
        ("UPDATE compliance_finding SET decided_at = '2026-01-01'", "finding_decision"),
        ("UPDATE compliance_finding SET covered = 0", "finding_decision"),
        ("UPDATE compliance_finding SET state = 'open'", "finding_decided_once"),
        ("UPDATE compliance_finding SET kind = 'secret'", "finding_identity"),
        ("UPDATE compliance_finding SET subprocessor = 'x'", "finding_identity"),
        ("UPDATE compliance_finding SET items = 2", "finding_counts"),
        ("UPDATE compliance_finding SET last_on = '2026-01-01'", "finding_counts"),
        ("DELETE FROM compliance_finding", "compliance_finding"),
        ("TRUNCATE compliance_finding CASCADE", "is refused"),
        ("UPDATE compliance_findingact SET note = 'other'", "compliance_findingact"),
        ("DELETE FROM compliance_findingact", "compliance_findingact"),
        ("TRUNCATE compliance_findingact", "compliance_findingact"),
        ("UPDATE compliance_findingletter SET text = 'other'", "findingletter_text"),
        ("UPDATE compliance_findingletter SET addresses = '{a@b.c}'", "findingletter_text"),
        ("UPDATE compliance_findingletter SET made_at = '2026-01-01'", "findingletter_text"),
        ("UPDATE compliance_findingletter SET state = 'sent'", "findingletter_state"),
        ("DELETE FROM compliance_findingletter", "compliance_findingletter"),
        ("TRUNCATE compliance_findingletter CASCADE", "is refused"),
        ("UPDATE compliance_findingtouch SET told = items + 1", "findingtouch_counts"),
        ("UPDATE compliance_findingday SET items = 0", "findingday_counts"),
    ],
)
def test_it_is_refused(decided: Finding, statement: str, message: str) -> None:
    with pytest.raises(Error, match=message):
        run(statement)


def test_a_decision_without_a_reason_is_refused(acme: Customer, officer: Actor) -> None:
    flags(acme)
    counted()
    with pytest.raises(Error, match="finding_decided_with_a_reason"):
        run(
            "UPDATE compliance_finding SET state = 'fixed', decided_at = now(), note = ' ',"
            f" decided_by_id = '{officer.id}'"
        )


def test_a_sent_letter_is_not_sent_again(decided: Finding) -> None:
    for step in ("'sending', claimed_at = now()", "'sent', sent_at = now()"):
        run(f"UPDATE compliance_findingletter SET state = {step}")
    for state in ("waiting", "sending", "unsure"):
        with pytest.raises(Error, match="findingletter_state"):
            run(f"UPDATE compliance_findingletter SET state = '{state}'")


def test_what_verbs_do_is_not_refused(decided: Finding, officer: Actor) -> None:
    assert work.reopen([decided.pk], by=officer, now=NOW) == 1
    assert work.fix([decided.pk], "Now.", by=officer, now=NOW) == 1
