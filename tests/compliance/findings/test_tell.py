"""Customers are told once what their calls were flagged with, and what to change."""

from __future__ import annotations

from unittest import mock

import pytest

from compliance.customers.contacts import add_contact, end_contact
from compliance.customers.models import Contact, Customer
from compliance.findings import tell, work
from compliance.findings.count import count_up
from compliance.findings.models import Finding, FindingAct, FindingLetter
from compliance.findings.raising import raise_finding
from compliance.people.models import User
from retention.actor import SYSTEM, Actor
from retention.ledger.models import Entry
from tests.compliance.findings.conftest import DAY, NOW, TODAY, flags


def contact(customer: Customer, role: str, name: str | None = None) -> Contact:
    email = f"{name or role}@{customer.name.lower()}.example"
    return add_contact(customer, name="Lena", email=email, role=role, by=SYSTEM, now=NOW)


def told(by: Actor) -> tell.Plan:
    count_up(now=NOW)
    return tell.tell(list(Finding.objects.values_list("pk", flat=True)), by=by, now=NOW)


def test_each_customer_gets_one_letter_about_all_of_it(
    acme: Customer, borealis: Customer, officer: Actor, olga: User
) -> None:
    for customer in (acme, borealis):
        contact(customer, "security")
        flags(customer, 40)
    flags(acme, 2000, day=TODAY - 3 * DAY)
    flags(acme, 7, flag="no_content", subprocessor="amazon-bedrock", account="", endpoint="")
    assert len(told(officer).drafts) == 2
    letter = FindingLetter.objects.get(customer=acme)
    assert letter.addresses == ["security@acme.example"]
    assert letter.subject == "AI calls of Acme were flagged: what to change"
    assert letter.reply_to == olga.email
    for said in (
        "got 2,047 flags",
        "Snippet without an alert: 2,040\n",
        "openai, account proj_a1, endpoint responses: 2,040, 19 Nov 2026 to 22 Nov 2026",
        "amazon-bedrock: 7, 22 Nov 2026",
        "Name the alert (“finding”: its id, rule or line)",
    ):
        assert said in letter.text
    assert "Borealis" not in letter.text
    assert "got 40 flags" in FindingLetter.objects.get(customer=borealis).text
    entry = Entry.objects.get(pk=letter.entry_id)
    assert entry.kind == "finding:customer:told"
    assert entry.facts["letter"] == str(letter.pk)
    assert FindingAct.objects.filter(kind="told", letter=letter, by=olga).count() == 2


def test_it_goes_to_security_and_technical_contacts_and_else_to_legal_ones(
    acme: Customer, borealis: Customer, officer: Actor
) -> None:
    contact(acme, "legal")
    contact(acme, "security", "same")
    contact(acme, "technical", "same")
    contact(acme, "technical")
    end_contact(contact(acme, "security", "gone"), by=SYSTEM, now=NOW)
    contact(borealis, "legal")
    flags(acme)
    flags(borealis)
    told(officer)
    assert dict(FindingLetter.objects.values_list("customer__name", "addresses")) == {
        "Acme": ["same@acme.example", "technical@acme.example"],
        "Borealis": ["legal@borealis.example"],
    }


def test_who_has_no_contact_is_named_and_stays_untold(
    acme: Customer, borealis: Customer, officer: Actor
) -> None:
    contact(acme, "security")
    flags(acme)
    flags(borealis)
    assert told(officer).unreachable == [borealis]
    contact(borealis, "technical")
    assert [draft.customer for draft in told(officer).drafts] == [borealis]


def test_what_was_told_once_is_not_told_again_only_what_is_new(
    acme: Customer, officer: Actor
) -> None:
    contact(acme, "security")
    flags(acme, 5, day=TODAY - DAY)
    told(officer)
    assert told(officer).drafts == []
    flags(acme, 2)
    [draft] = told(officer).drafts
    assert "openai, account proj_a1, endpoint responses: 2, 22 Nov 2026" in draft.text
    assert FindingLetter.objects.count() == 2


def test_looking_at_the_letters_writes_none(acme: Customer, officer: Actor) -> None:
    contact(acme, "security")
    flags(acme)
    count_up(now=NOW)
    plan = tell.plan(list(Finding.objects.values_list("pk", flat=True)))
    assert len(plan.drafts) == 1
    assert not FindingLetter.objects.exists()


def test_nobody_is_told_what_they_can_do_nothing_about(acme: Customer, officer: Actor) -> None:
    contact(acme, "security")
    raise_finding("notice_not_given", customer=acme.pk, key="n", by=SYSTEM, now=NOW)
    assert told(officer) == tell.Plan([], [])


def test_telling_decides_nothing(acme: Customer, officer: Actor) -> None:
    contact(acme, "security")
    flags(acme)
    told(officer)
    finding = Finding.objects.get()
    assert finding.state == "open"
    assert work.fix([finding.pk], "They changed it.", by=officer, now=NOW) == 1


def test_a_telling_that_dies_half_way_has_told_nobody(
    acme: Customer, borealis: Customer, officer: Actor
) -> None:
    for customer in (acme, borealis):
        contact(customer, "security")
        flags(customer)
    with (
        mock.patch.object(tell.acts, "note_told", side_effect=[None, OSError]),
        pytest.raises(OSError),
    ):
        told(officer)
    assert not FindingLetter.objects.exists()
    assert len(told(officer).drafts) == 2
