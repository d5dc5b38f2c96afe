"""Logins and members: what the database refuses, whoever asks."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from django.core.exceptions import FieldDoesNotExist
from django.db import IntegrityError, connection, transaction

from compliance.customers.models import Customer
from compliance.people.models import Member, User

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def insert_by_hand(email: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO compliance_user"
            " (id, email, password, is_active, is_staff, is_superuser, date_joined)"
            " VALUES (%s, %s, '', true, false, false, %s)",
            [uuid4(), email, NOW],
        )


@pytest.fixture
def acme() -> Customer:
    return Customer.objects.create(name="Acme", created_at=NOW)


def test_the_address_is_the_only_name_of_a_login() -> None:
    assert User.USERNAME_FIELD == "email"
    with pytest.raises(FieldDoesNotExist):
        User._meta.get_field("username")


@pytest.mark.parametrize("typed", ["Amir@Acme.Example", " amir@acme.example ", "AMIR@ACME.EXAMPLE"])
def test_it_keeps_and_finds_an_address_in_lower_case(typed: str) -> None:
    user = User.objects.create_user(typed, "a long enough password")
    assert user.email == "amir@acme.example"
    user.refresh_from_db()
    assert user.email == "amir@acme.example"
    assert User.objects.get(email=typed) == user
    assert User.objects.get_by_natural_key(typed) == user


def test_bulk_writes_and_updates_keep_it_in_lower_case_too() -> None:
    User.objects.bulk_create([User(email="Vera@Acme.Example")])
    assert User.objects.get().email == "vera@acme.example"
    User.objects.update(email="Olga@Acme.Example")
    assert User.objects.get().email == "olga@acme.example"


def test_raw_sql_cannot_insert_an_address_with_capitals() -> None:
    with pytest.raises(IntegrityError, match="user_email_is_lower_case"):
        insert_by_hand("Amir@acme.example")


def test_raw_sql_cannot_change_an_address_to_capitals() -> None:
    User.objects.create_user("amir@acme.example")
    with (
        pytest.raises(IntegrityError, match="user_email_is_lower_case"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("UPDATE compliance_user SET email = 'AMIR@acme.example'")


def test_there_is_one_login_for_an_address_in_whatever_case() -> None:
    User.objects.create_user("amir@acme.example")
    with pytest.raises(IntegrityError, match="email"), transaction.atomic():
        User.objects.create_user("Amir@Acme.example")
    with pytest.raises(IntegrityError, match="email"):
        insert_by_hand("amir@acme.example")


def test_a_login_needs_an_address() -> None:
    with pytest.raises(ValueError, match="address"):
        User.objects.create_user("  ")
    with pytest.raises(IntegrityError, match="user_email_is_lower_case"):
        insert_by_hand("")


def test_a_login_without_a_password_opens_nothing() -> None:
    user = User.objects.create_user("amir@acme.example")
    assert not user.has_usable_password()


def test_one_person_may_belong_to_several_customers_but_once_to_each(acme: Customer) -> None:
    amir = User.objects.create_user("amir@acme.example")
    borealis = Customer.objects.create(name="Borealis", created_at=NOW)
    Member.objects.create(user=amir, customer=acme, role="admin")
    Member.objects.create(user=amir, customer=borealis, role="viewer")
    with pytest.raises(IntegrityError, match="member_once_per_customer"), transaction.atomic():
        Member.objects.create(user=amir, customer=acme, role="viewer")


def test_a_role_that_does_not_exist_is_refused(acme: Customer) -> None:
    amir = User.objects.create_user("amir@acme.example")
    with pytest.raises(IntegrityError, match="member_role_is_known"):
        Member.objects.create(user=amir, customer=acme, role="owner")
