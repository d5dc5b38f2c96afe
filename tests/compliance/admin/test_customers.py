"""Customers are taken on, suspended and resumed through the verbs, from the pages too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from compliance.customers.models import Customer
from compliance.people.models import User
from compliance.people.roles import StaffRole
from retention.errors import NoSuchPolicy
from retention.ledger.models import Entry
from retention.policies import publish
from retention.policies.models import Activation, ProfileChoice

LIST = "/admin/compliance/customer/"


def press(client: Client, action: str, *customers: Customer) -> list[str]:
    chosen = {"action": action, "_selected_action": [str(customer.pk) for customer in customers]}
    answer = client.post(LIST, chosen, follow=True)
    return [str(message) for message in answer.context["messages"]] if answer.context else []


def test_an_officer_takes_a_customer_on_with_its_policy(
    staff: Callable[[StaffRole], Client],
) -> None:
    officer = staff(StaffRole.OFFICER)
    answer = officer.post(f"{LIST}add/", {"name": "Cygnus", "profile": "minimal"})
    assert answer.status_code == 302
    cygnus = Customer.objects.get(name="Cygnus")
    assert Activation.objects.filter(customer_id=cygnus.pk).count() == 1
    assert ProfileChoice.objects.get(customer_id=cygnus.pk).profile == "minimal"
    acting = Entry.objects.get(kind="customer:customer:created").facts
    assert acting["actor_id"] == str(User.objects.get(email__startswith="officer").pk)


@pytest.mark.parametrize("form", [{"name": "", "profile": "standard"}, {"name": "X"},
                                  {"name": " ", "profile": "standard"},
                                  {"name": "A\x00B", "profile": "standard"},
                                  {"name": "x" * 201, "profile": "standard"},
                                  {"name": "X", "profile": "generous"}])  # fmt: skip
def test_a_mistake_in_the_form_is_said_and_nothing_made(
    admin: Client, form: dict[str, str]
) -> None:
    answer = admin.post(f"{LIST}add/", form)
    assert answer.status_code == 200
    assert "errorlist" in answer.content.decode()
    assert not Customer.objects.exists()


def test_without_a_policy_to_offer_it_says_so(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NoSuchPolicy

    monkeypatch.setattr(publish, "accept", refuse)
    answer = admin.post(f"{LIST}add/", {"name": "Acme", "profile": "standard"})
    assert "An officer must approve one first" in answer.content.decode()
    assert not Customer.objects.exists()


def test_it_is_renamed_and_the_change_is_remembered(admin: Client, acme: Customer) -> None:
    from auditlog.models import LogEntry

    assert admin.post(f"{LIST}{acme.pk}/change/", {"name": "Acme Ltd"}).status_code == 302
    acme.refresh_from_db()
    assert (acme.name, acme.state) == ("Acme Ltd", "active")
    change = LogEntry.objects.filter(object_pk=str(acme.pk)).latest("timestamp")
    assert change.changes == {"name": ["Acme", "Acme Ltd"]}
    assert change.actor.email == "root@sandglass.example"


def test_its_state_is_not_a_field_to_edit(admin: Client, acme: Customer) -> None:
    admin.post(f"{LIST}{acme.pk}/change/", {"name": "Acme", "state": "erased"})
    acme.refresh_from_db()
    assert acme.state == "active"


def test_it_is_suspended_and_resumed(admin: Client, acme: Customer) -> None:
    assert press(admin, "suspend", acme) == ["Acme is suspended."]
    assert Customer.objects.get().state == "suspended"
    assert press(admin, "resume", acme) == ["Acme is active again."]
    assert Customer.objects.get().state == "active"


def test_a_step_that_does_not_apply_is_said(admin: Client, acme: Customer) -> None:
    assert press(admin, "resume", acme) == ["Acme was left as it is: active."]


def test_who_may_only_look_cannot_press(
    staff: Callable[[StaffRole], Client], acme: Customer
) -> None:
    press(staff(StaffRole.AUDITOR), "suspend", acme)
    assert Customer.objects.get().state == "active"
