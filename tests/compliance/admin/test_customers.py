"""Customers are taken on, suspended and resumed through the verbs, from the pages too."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from compliance.customers import contract, lifecycle
from compliance.customers.models import Customer
from compliance.people.models import User
from compliance.people.roles import StaffRole
from retention import clock
from retention.actor import SYSTEM
from retention.errors import NoSuchPolicy
from retention.ledger.models import Entry
from retention.policies import publish
from retention.policies.models import Activation, ProfileChoice
from tests.compliance.admin.conftest import NOW

LIST = "/admin/compliance/customer/"


def take(client: Client, step: str, customer: Customer, **form: str) -> str:
    """Press the button of the step's page and read what comes then."""
    answer = client.post(f"{LIST}{customer.pk}/{step}/", form, follow=True)
    return answer.content.decode().replace("\u00a0", " ")


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
    assert "Acme is suspended." in take(admin, "suspend", acme)
    assert Customer.objects.get().state == "suspended"
    assert "Acme is active again." in take(admin, "resume", acme)
    assert Customer.objects.get().state == "active"


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("suspend", ["refused from that moment on", "Deletion goes on", "Resume the customer"]),
        ("leave", ["refused for good", "until 22 Dec 2026", "There is no way back"]),
    ],
)
def test_a_step_says_first_what_will_happen(
    admin: Client, acme: Customer, step: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW)
    page = admin.get(f"{LIST}{acme.pk}/{step}/").content.decode().replace("\u00a0", " ")
    for words in said:
        assert words in page
    assert Customer.objects.get().state == "active"


def test_it_leaves_once_its_name_was_typed(admin: Client, acme: Customer) -> None:
    for typed in ({}, {"typed": "acme"}, {"typed": "Borealis"}):
        assert "That is not the name" in take(admin, "leave", acme, **typed)
        assert Customer.objects.get().state == "active"
    assert "Acme is leaving." in take(admin, "leave", acme, typed="Acme")
    left = Customer.objects.get()
    assert left.state == "leaving"
    assert left.leaving_at
    assert Entry.objects.filter(kind="customer:customer:leaving").count() == 1


def test_there_is_no_way_back_from_leaving(admin: Client, acme: Customer) -> None:
    take(admin, "leave", acme, typed="Acme")
    page = admin.get(f"{LIST}{acme.pk}/change/").content.decode()
    for step in ("suspend", "resume", "leave"):
        assert f"{acme.pk}/{step}/" not in page
        assert "is leaving already" in take(admin, step, acme, typed="Acme")
    assert Customer.objects.get().state == "leaving"


def test_a_step_that_does_not_apply_is_said(admin: Client, acme: Customer) -> None:
    assert "Acme is active already" in take(admin, "resume", acme)


def test_who_may_only_look_takes_no_step(
    staff: Callable[[StaffRole], Client], acme: Customer
) -> None:
    auditor = staff(StaffRole.AUDITOR)
    for step in ("suspend", "leave"):
        page = f"{LIST}{acme.pk}/{step}/"
        assert auditor.get(page).status_code == auditor.post(page).status_code == 403
        assert page not in auditor.get(f"{LIST}{acme.pk}/change/").content.decode()
    assert Customer.objects.get().state == "active"


def test_a_step_of_nobody_is_not_found(admin: Client, acme: Customer) -> None:
    for pk in ("nobody", "00000000-0000-4000-8000-000000000000"):
        assert admin.get(f"{LIST}{pk}/suspend/").status_code == 404


def test_nothing_moves_without_its_entry(
    admin: Client, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(lifecycle, "append", refuse)
    with pytest.raises(RuntimeError):
        take(admin, "leave", acme, typed="Acme")
    left = Customer.objects.get()
    assert (left.state, left.leaving_at) == ("active", None)


def test_what_saves_stands_below_the_fields_and_above_the_rest(
    admin: Client, staff: Callable[[StaffRole], Client], acme: Customer
) -> None:
    page = f"/admin/compliance/customer/{acme.pk}/change/"
    text = admin.get(page).content.decode()
    order = [
        text.index(part) for part in ('name="name"', 'name="_save"', "API keys</h2>", "so far")
    ]
    assert order == sorted(order)
    assert text.count('name="_save"') == 1
    looked_at = staff(StaffRole.AUDITOR).get(page).content.decode()
    assert "_save" not in looked_at
    assert looked_at.index("so far") < looked_at.index("Back to the list")


def test_its_page_shows_its_keys_its_people_and_its_life(
    admin: Client, acme: Customer, populate: Callable[[int], None]
) -> None:
    populate(1)
    other = Customer.objects.exclude(pk=acme.pk).get()
    take(admin, "suspend", other)
    page = admin.get(f"{LIST}{other.pk}/change/").content.decode()
    for words in ("reports (production)", "Lena", "A customer was suspended", "by root@sandglass"):
        assert words in page
    assert "Lena" not in admin.get(f"{LIST}{acme.pk}/change/").content.decode()


def test_what_the_contract_says_is_set_through_its_verbs(admin: Client, acme: Customer) -> None:
    owner = User.objects.create_user("owner@sandglass.example", is_staff=True)
    form = {"name": "Acme", "notice_days": "90", "account_owner": str(owner.pk), "reference": "K-1"}
    assert admin.post(f"{LIST}{acme.pk}/change/", form).status_code == 302
    acme.refresh_from_db()
    assert (acme.notice_days, acme.account_owner, acme.reference) == (90, owner, "K-1")
    kinds = Entry.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds[2:]) == [
        "customer:reference:changed", "customer:notice_days:changed", "customer:owner:changed"
    ]  # fmt: skip
    page = admin.get(LIST).content.decode()
    assert "90 days" in page
    assert "owner@sandglass.example" in page


def test_p4_an_old_page_does_not_shorten_a_notice_that_was_lengthened_meanwhile(
    admin: Client, acme: Customer
) -> None:
    """The page showed 30 and was opened before a colleague wrote 90."""
    page = admin.get(f"{LIST}{acme.pk}/change/").content.decode()
    assert 'name="initial-notice_days" value="30"' in page
    contract.set_notice_days(acme, days=90, by=SYSTEM, now=clock.now())
    form = {"name": "Acme Ltd", "notice_days": "30", "initial-notice_days": "30"}
    assert admin.post(f"{LIST}{acme.pk}/change/", form).status_code == 302
    acme.refresh_from_db()
    assert (acme.name, acme.notice_days) == ("Acme Ltd", 90)


@pytest.mark.parametrize("days", ["29", "367", "0", "-30", "soon"])
def test_p4_a_notice_shorter_than_30_days_is_refused(
    admin: Client, acme: Customer, days: str
) -> None:
    for url in (f"{LIST}{acme.pk}/change/", f"{LIST}add/"):
        form = {"name": "Acme", "profile": "standard", "notice_days": days}
        answer = admin.post(url, form)
        assert answer.status_code == 200
        assert "errorlist" in answer.content.decode()
    acme.refresh_from_db()
    assert (acme.notice_days, Customer.objects.count()) == (30, 1)


def test_an_account_owner_is_one_of_us(admin: Client, acme: Customer) -> None:
    amir = User.objects.create_user("amir@acme.example")
    form = {"name": "Acme", "account_owner": str(amir.pk)}
    assert "errorlist" in admin.post(f"{LIST}{acme.pk}/change/", form).content.decode()


def test_two_customers_with_one_reference_are_said(admin: Client, acme: Customer) -> None:
    for name, status in (("One", 302), ("Two", 200)):
        form = {"name": name, "profile": "standard", "reference": "K-1"}
        answer = admin.post(f"{LIST}add/", form)
        assert answer.status_code == status
    assert "Another customer has this reference." in answer.content.decode()


def test_accepted_terms_are_recorded_and_shown(admin: Client, acme: Customer) -> None:
    terms = "/admin/compliance/acceptance/"
    form = {
        "customer": str(acme.pk), "version": "2026-03", "accepted_on": "2026-03-14",
        "accepted_by": "Lena Berg",
    }  # fmt: skip
    assert admin.post(f"{terms}add/", form).status_code == 302
    page = admin.get(f"{LIST}{acme.pk}/change/").content.decode().replace("\u00a0", " ")
    assert "2026-03</a>" in page
    assert "14 Mar 2026" in page
    later = {**form, "accepted_on": "2399-01-01"}
    assert "has not come yet" in admin.post(f"{terms}add/", later).content.decode()
    accepted = acme.acceptances.get()
    changed = admin.post(f"{terms}{accepted.pk}/change/", {**form, "version": "2"})
    assert changed.status_code == 403
    assert "2026-03" in admin.get(terms).content.decode()
