"""Logins and members are made on the pages and a second one for an address is told."""

from __future__ import annotations

from collections.abc import Callable

from django.test import Client

from compliance.customers.models import Customer
from compliance.people.models import Member, User
from compliance.people.roles import StaffRole

USERS = "/admin/compliance/user/"
PASSWORD = {
    "password1": "correct-horse-battery-staple",
    "password2": "correct-horse-battery-staple",
}


def test_a_login_is_made_by_its_address(admin: Client) -> None:
    assert admin.post(f"{USERS}add/", {"email": "Vera@Acme.example", **PASSWORD}).status_code == 302
    assert User.objects.get(email="vera@acme.example").has_usable_password()


def test_an_address_that_exists_in_other_letters_is_told(admin: Client) -> None:
    User.objects.create_user("vera@acme.example")
    answer = admin.post(f"{USERS}add/", {"email": "VERA@acme.example", **PASSWORD})
    assert "already exists" in answer.content.decode()


def test_a_weak_password_is_refused(admin: Client) -> None:
    weak = {"password1": "password", "password2": "password"}
    admin.post(f"{USERS}add/", {"email": "vera@acme.example", **weak})
    assert not User.objects.filter(email="vera@acme.example").exists()


def test_an_officer_looks_at_logins_and_edits_none(staff: Callable[[StaffRole], Client]) -> None:
    officer = staff(StaffRole.OFFICER)
    me = User.objects.get()
    assert officer.get(USERS).status_code == 200
    form = {"email": me.email, "is_superuser": "on", "is_staff": "on", "is_active": "on"}
    assert officer.post(f"{USERS}{me.pk}/change/", form).status_code == 403
    assert officer.get(f"{USERS}{me.pk}/password/").status_code == 403
    assert not User.objects.get().is_superuser


def test_a_membership_is_given_and_taken(
    staff: Callable[[StaffRole], Client], acme: Customer
) -> None:
    officer, amir = staff(StaffRole.OFFICER), User.objects.create_user("amir@acme.example")
    form = {"user": str(amir.pk), "customer": str(acme.pk), "role": "admin"}
    assert officer.post("/admin/compliance/member/add/", form).status_code == 302
    member = Member.objects.get()
    assert (member.user, member.customer, member.role) == (amir, acme, "admin")
    page = f"/admin/compliance/member/{member.pk}/delete/"
    assert officer.post(page, {"post": "yes"}).status_code == 302
    assert not Member.objects.exists()


def test_an_administrator_is_called_one_in_the_list(admin: Client) -> None:
    assert "administrator (superuser)" in admin.get(USERS).content.decode()


def test_no_page_shows_anything_of_a_password(
    admin: Client, staff: Callable[[StaffRole], Client]
) -> None:
    vera = User.objects.create_user("vera@acme.example", PASSWORD["password1"])
    page = f"{USERS}{vera.pk}/change/"
    for client, may_set in ((admin, True), (staff(StaffRole.OFFICER), False)):
        text = client.get(page).content.decode()
        assert vera.password not in text
        assert "algorithm" not in text
        assert vera.password.split("$")[0] not in text
        assert (f"{USERS}{vera.pk}/password/" in text) == may_set


def test_who_may_read_what_is_said_to_those_who_see_logins(
    staff: Callable[[StaffRole], Client], client: Client
) -> None:
    text = staff(StaffRole.AUDITOR).get("/admin/reading/").content.decode()
    for words in ("No page shows it", "sees it once", "API key that may read", "Support lead"):
        assert words.lower() in text.lower()
    client.force_login(User.objects.create_user("new@sandglass.example", is_staff=True))
    assert client.get("/admin/reading/").status_code == 403


def test_the_list_and_its_filters_say_it_in_words(
    admin: Client, staff: Callable[[StaffRole], Client]
) -> None:
    staff(StaffRole.SUPPORT_LEAD)
    User.objects.create_user("amir@acme.example", is_active=False)
    page = admin.get(USERS).content.decode()
    assert "icon-no" not in page
    assert 'class="status is-quiet">off</span>' in page
    for said in (
        ">May sign in</label>",
        ">Administrator</label>",
        ">Role</label>",
        ">Support lead<",
    ):
        assert said in page
    for code in ("Superuser", "Groups", "Support_lead"):
        assert code not in page
    assert "amir@" in admin.get(f"{USERS}?is_active__exact=0").content.decode()
    assert "amir@" not in admin.get(f"{USERS}?is_staff__exact=1").content.decode()
