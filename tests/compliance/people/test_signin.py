"""Who gets in, who does not, and what nobody can find out by trying."""

from __future__ import annotations

import re

import pytest
from django.core import mail
from django.http import HttpResponse
from django.test import Client

from compliance.people.models import User
from tests.cast import PASSWORD

pytestmark = pytest.mark.django_db
LOGIN, RESET, SIGNUP = "/accounts/login/", "/accounts/password/reset/", "/accounts/signup/"


def sign_in(client: Client, email: str, password: str, to: str = LOGIN) -> HttpResponse:
    return client.post(to, {"login": email, "password": password})  # type: ignore[return-value]


def said(response: HttpResponse, typed: str) -> str:
    """What the page says, without what was typed and what is random."""
    text = response.content.decode().replace(typed, "")
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", text)


@pytest.mark.parametrize("typed", ["amir@acme.example", "Amir@ACME.example"])
def test_it_lets_in_by_address_in_any_case(client: Client, amir: User, typed: str) -> None:
    assert sign_in(client, typed, PASSWORD).status_code == 302
    assert client.session["_auth_user_id"] == str(amir.pk)


def test_staff_begin_with_what_is_to_be_done_today(client: Client, olga: User) -> None:
    assert sign_in(client, olga.email, PASSWORD).headers["Location"] == "/admin/"


def test_whoever_is_no_staff_begins_with_the_front_page(client: Client, amir: User) -> None:
    assert sign_in(client, amir.email, PASSWORD).headers["Location"] == "/"


def test_staff_who_were_on_their_way_elsewhere_go_there(client: Client, olga: User) -> None:
    to = f"{LOGIN}?next=/admin/health/"
    assert sign_in(client, olga.email, PASSWORD, to).headers["Location"] == "/admin/health/"


def test_it_refuses_a_wrong_password(client: Client, amir: User) -> None:
    assert sign_in(client, amir.email, "wrong").status_code == 200
    assert "_auth_user_id" not in client.session


def test_a_login_that_is_switched_off_does_not_get_in(client: Client, amir: User) -> None:
    User.objects.update(is_active=False)
    sign_in(client, amir.email, PASSWORD)
    assert "_auth_user_id" not in client.session


def test_signing_in_does_not_tell_which_addresses_have_a_login(client: Client, amir: User) -> None:
    known = sign_in(client, amir.email, "wrong")
    unknown = sign_in(client, "nobody@acme.example", "wrong")
    assert known.status_code == unknown.status_code
    assert said(known, amir.email) == said(unknown, "nobody@acme.example")


def test_a_new_password_is_asked_for_without_telling_either(client: Client, amir: User) -> None:
    known = client.post(RESET, {"email": amir.email}, follow=True)
    unknown = client.post(RESET, {"email": "nobody@acme.example"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert said(known, amir.email) == said(unknown, "nobody@acme.example")  # type: ignore[arg-type]


def test_the_link_in_the_mail_sets_a_new_password_once(client: Client, amir: User) -> None:
    client.post(RESET, {"email": amir.email})
    (message,) = mail.outbox
    assert message.to == [amir.email]
    assert message.subject == "Set a new password for Sandglass"
    (link,) = re.findall(r"http://\S+", str(message.body).split("\n\n")[1])
    page = client.get(link, follow=True)
    new = {"password1": "another-long-password", "password2": "another-long-password"}
    assert client.post(page.redirect_chain[-1][0], new).status_code == 302
    assert "This link no longer works" in Client().get(link, follow=True).content.decode()
    sign_in(client, amir.email, "another-long-password")
    assert client.session["_auth_user_id"] == str(amir.pk)


def test_guessing_is_slowed_down(client: Client, amir: User) -> None:
    for _ in range(30):
        sign_in(client, amir.email, "wrong")
    sign_in(client, amir.email, PASSWORD)
    assert "_auth_user_id" not in client.session


def test_nobody_signs_up(client: Client) -> None:
    form = {"email": "eve@evil.example", "password1": PASSWORD, "password2": PASSWORD}
    assert "There is no sign-up here" in client.get(SIGNUP).content.decode()
    assert "There is no sign-up here" in client.post(SIGNUP, form).content.decode()
    assert not User.objects.exists()


@pytest.mark.parametrize("page", ["email/", "confirm-email/", "confirm-email/abc/", "3rdparty/"])
def test_nobody_gives_a_login_another_address(client: Client, amir: User, page: str) -> None:
    client.force_login(amir)
    assert client.get(f"/accounts/{page}").status_code == 404
    assert client.post(f"/accounts/{page}", {"email": "eve@evil.example"}).status_code == 404


def test_the_admin_has_no_sign_in_of_its_own(client: Client) -> None:
    for page in ("/admin/", "/admin/login/?next=/admin/compliance/customer/"):
        answer = client.get(page, follow=True)
        assert answer.redirect_chain[-1][0].startswith(LOGIN)
    assert sign_in(client, "x@y.example", "z", to="/admin/login/").status_code == 302


def test_staff_come_back_to_the_page_they_wanted(client: Client, olga: User) -> None:
    wanted = f"{LOGIN}?next=/admin/retention/cell/"
    answer = sign_in(client, olga.email, PASSWORD, to=wanted)
    assert answer["Location"] == "/admin/retention/cell/"


def test_nobody_is_sent_to_another_site_after_signing_in(client: Client, olga: User) -> None:
    answer = sign_in(client, olga.email, PASSWORD, to=f"{LOGIN}?next=https://evil.example/")
    assert "evil" not in answer["Location"]


def test_members_are_not_staff(client: Client, amir: User) -> None:
    client.force_login(amir)
    assert client.get("/admin/", follow=True).status_code == 403


def test_signing_out_takes_a_click(client: Client, amir: User) -> None:
    client.force_login(amir)
    assert client.get("/accounts/logout/").status_code == 200
    assert "_auth_user_id" in client.session
    client.post("/accounts/logout/")
    assert "_auth_user_id" not in client.session


PAGES = ["/", LOGIN, RESET, f"{RESET}done/", f"{RESET}key/done/", SIGNUP, "/accounts/inactive/"]


@pytest.mark.parametrize("page", PAGES)
def test_every_open_page_renders_for_anybody(client: Client, page: str) -> None:
    answer = client.get(page)
    assert answer.status_code == 200
    assert "Sandglass" in answer.content.decode()


@pytest.mark.parametrize("page", ["/", "/accounts/password/change/", "/accounts/logout/"])
def test_every_page_of_ones_own_renders(client: Client, amir: User, page: str) -> None:
    client.force_login(amir)
    answer = client.get(page)
    assert answer.status_code == 200
    assert amir.email in answer.content.decode()


@pytest.mark.parametrize("page", PAGES)
def test_no_page_holds_script_or_style_of_its_own(client: Client, page: str) -> None:
    text = client.get(page).content.decode()
    assert not re.search(r"<script(?! src)|<style|\sstyle=|\son\w+=", text)


@pytest.mark.parametrize(
    "page", ["/", "/accounts/password/change/", "/accounts/sessions/", "/accounts/2fa/", "/admin/"]
)
def test_every_page_of_somebody_signed_in_offers_to_sign_out(
    client: Client, olga: User, page: str
) -> None:
    sign_in(client, olga.email, PASSWORD)
    assert 'action="/accounts/logout/"' in client.get(page).content.decode()
