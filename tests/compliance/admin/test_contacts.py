"""Contacts are added and ended through the verbs, and what a notice went to never changes."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction
from django.test import Client

from compliance.customers.contacts import add_contact
from compliance.customers.models import Contact, Customer
from compliance.people.roles import StaffRole
from retention.actor import SYSTEM
from retention.ledger.models import Entry
from tests.compliance.admin.conftest import NOW

LIST = "/admin/compliance/contact/"


def form(owner: Customer, **more: str) -> dict[str, str]:
    asked = {"customer": str(owner.pk), "name": "Lena", "role": "legal"}
    return asked | {"email": "Lena@Acme.example"} | more


@pytest.fixture
def lena(acme: Customer) -> Contact:
    return add_contact(
        acme, name="Lena", email="lena@acme.example", role="legal", by=SYSTEM, now=NOW
    )


def test_an_officer_adds_a_contact(staff: Callable[[StaffRole], Client], acme: Customer) -> None:
    assert staff(StaffRole.OFFICER).post(f"{LIST}add/", form(acme)).status_code == 302
    contact = Contact.objects.get()
    assert (contact.email, contact.role, contact.ended_at) == ("lena@acme.example", "legal", None)
    facts = Entry.objects.get(kind="customer:contact:added").facts
    assert facts["contact"] == str(contact.pk)
    assert "lena" not in str(facts).lower()


@pytest.mark.parametrize("more", [{"name": " "}, {"email": "nobody"}, {"role": "boss"},
                                  {"customer": ""}, {"name": "x" * 201}])  # fmt: skip
def test_a_mistake_in_the_form_is_said_and_nobody_added(
    admin: Client, acme: Customer, more: dict[str, str]
) -> None:
    answer = admin.post(f"{LIST}add/", form(acme, **more))
    assert "errorlist" in answer.content.decode()
    assert not Contact.objects.exists()


def test_the_same_contact_twice_is_said(admin: Client, acme: Customer, lena: Contact) -> None:
    answer = admin.post(f"{LIST}add/", form(acme))
    assert "has this contact already" in answer.content.decode()
    assert admin.post(f"{LIST}add/", form(acme, role="security")).status_code == 302


def test_only_its_name_can_be_mended(admin: Client, acme: Customer, lena: Contact) -> None:
    page = f"{LIST}{lena.pk}/change/"
    admin.post(page, form(acme, name="Lena B.", email="other@acme.example", role="technical"))
    lena.refresh_from_db()
    assert (lena.name, lena.email, lena.role) == ("Lena B.", "lena@acme.example", "legal")


def test_ending_says_that_it_is_the_last_legal_contact(
    admin: Client, acme: Customer, lena: Contact
) -> None:
    page = f"{LIST}{lena.pk}/end/"
    assert "It is the last legal contact of Acme" in admin.get(page).content.decode()
    add_contact(acme, name="Bo", email="bo@acme.example", role="legal", by=SYSTEM, now=NOW)
    assert "last legal contact" not in admin.get(page).content.decode()


def test_it_is_ended_once_and_can_be_added_again(
    admin: Client, acme: Customer, lena: Contact
) -> None:
    page = f"{LIST}{lena.pk}/end/"
    assert "is ended." in admin.post(page, follow=True).content.decode()
    assert "is ended already" in admin.post(page, follow=True).content.decode()
    assert Entry.objects.filter(kind="customer:contact:ended").count() == 1
    assert admin.post(f"{LIST}add/", form(acme)).status_code == 302
    assert Contact.objects.filter(ended_at=None).count() == 1


def test_who_may_only_look_neither_adds_nor_ends(
    staff: Callable[[StaffRole], Client], acme: Customer, lena: Contact
) -> None:
    auditor = staff(StaffRole.AUDITOR)
    assert auditor.post(f"{LIST}add/", form(acme, role="technical")).status_code == 403
    assert auditor.post(f"{LIST}{lena.pk}/end/").status_code == 403
    assert Contact.objects.get().ended_at is None


ATTACKS = {
    "another address": "UPDATE compliance_contact SET email = 'x@y.example'",
    "another role": "UPDATE compliance_contact SET role = 'technical'",
    "another customer": "UPDATE compliance_contact SET customer_id = %s",
    "unended": "UPDATE compliance_contact SET ended_at = NULL",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_raw_sql_cannot_rewrite_a_contact(acme: Customer, lena: Contact, attack: str) -> None:
    Contact.objects.update(ended_at=NOW)
    with (
        pytest.raises(IntegrityError, match=r"contact (keeps|stays)"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack, [uuid4()] if "%s" in attack else None)
