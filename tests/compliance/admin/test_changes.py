"""Field changes: written for what people edit, without secrets, and never taken back."""

from __future__ import annotations

import pytest
from auditlog.models import LogEntry
from auditlog.registry import auditlog
from django.db import IntegrityError, connection, transaction
from django.test import Client

from compliance.customers.models import ApiKey, Contact, Customer
from compliance.people.models import Member, User
from tests.cast import PASSWORD
from tests.compliance.people.visitors import sign_in

ATTACKS = {
    "edit": "UPDATE auditlog_logentry SET changes = '{}'",
    "blame somebody else": "UPDATE auditlog_logentry SET actor_id = NULL, actor_email = 'x@y.z'",
    "backdate": "UPDATE auditlog_logentry SET timestamp = timestamp - interval '1 year'",
    "delete": "DELETE FROM auditlog_logentry",
    "truncate": "TRUNCATE auditlog_logentry",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_raw_sql_cannot_take_a_change_back(acme: Customer, attack: str) -> None:
    before = list(LogEntry.objects.values())
    with connection.cursor() as cursor:  # a TRUNCATE stumbles over deferred checks before triggers
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with (
        pytest.raises(IntegrityError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(attack)
    assert list(LogEntry.objects.values()) == before


def test_it_listens_to_these_models_alone() -> None:
    assert set(auditlog.get_models()) == {User, Member, Customer, ApiKey, Contact}


def test_a_password_is_never_written_down(db: None) -> None:
    user = User.objects.create_user("amir@acme.example", "correct-horse-battery-staple")
    user.set_password("another-long-password")
    user.save()
    for change in LogEntry.objects.get_for_object(user):
        assert "password" not in change.changes
        assert user.password not in str(change.changes)


def test_giving_a_role_is_written_down(client: Client, db: None) -> None:
    user = User.objects.create_user("olga@sandglass.example")
    root = User.objects.create_superuser("root@sandglass.example", PASSWORD)
    sign_in(client, root.email)
    page = f"/admin/compliance/user/{user.pk}/roles/"
    assert client.post(page, {"roles": ["officer"]}).status_code == 302
    changes = [change.changes for change in LogEntry.objects.get_for_object(user)]
    assert any("groups" in change for change in changes)
    assert any(change.get("is_staff") == ["False", "True"] for change in changes) or any(
        change.get("is_staff") == [False, True] for change in changes
    )


def test_a_user_that_the_list_names_cannot_be_deleted(admin: Client, acme: Customer) -> None:
    admin.post(f"/admin/compliance/customer/{acme.pk}/change/", {"name": "Acme Ltd"})
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        User.objects.get(email="root@sandglass.example").delete()
