"""A key's token is on one page, once; revoking takes two clicks."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from compliance.customers import keys
from compliance.customers.errors import UnknownKey
from compliance.customers.models import ApiKey, Customer
from compliance.people.roles import StaffRole
from retention.ledger.models import Entry

LIST = "/admin/compliance/apikey/"
TOKEN = re.compile(r"sg_[a-z2-7]{8}_[A-Za-z0-9_-]{43}")


def form(acme: Customer, **more: str) -> dict[str, str]:
    asked = {"customer": str(acme.pk), "label": "backend", "environment": "production"}
    return asked | {"may_ingest": "on"} | more


def issue(client: Client, customer: Customer) -> str:
    answer = client.post(f"{LIST}add/", form(customer))
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    tokens = set(TOKEN.findall(answer.content.decode()))
    assert len(tokens) == 1
    return tokens.pop()


def test_the_token_works_and_is_shown_once(
    staff: Callable[[StaffRole], Client], acme: Customer
) -> None:
    officer = staff(StaffRole.OFFICER)
    token = issue(officer, acme)
    key = keys.authenticate(token)
    assert (key.customer, key.scopes) == (acme, {"ingest"})
    for page in (LIST, f"{LIST}{key.pk}/change/", f"{LIST}{key.pk}/history/", "/admin/"):
        text = officer.get(page).content.decode()
        assert token not in text
        assert key.secret_hash not in text


def test_the_token_lies_in_no_cookie_and_no_session(admin: Client, acme: Customer) -> None:
    token = issue(admin, acme)
    secret = token.split("_", 2)[2]
    assert secret not in str(admin.cookies)
    assert secret not in str(dict(admin.session.items()))


@pytest.mark.parametrize("more", [{"may_ingest": ""}, {"environment": "Prod!"}, {"label": ""},
                                  {"customer": ""}, {"environment": "x\n"}])  # fmt: skip
def test_a_mistake_in_the_form_is_said_and_nothing_issued(
    admin: Client, acme: Customer, more: dict[str, str]
) -> None:
    asked = {name: value for name, value in form(acme, **more).items() if value}
    if more == {"environment": "x\n"}:  # the form strips it: a harmless key
        assert admin.post(f"{LIST}add/", asked).status_code == 200
        assert ApiKey.objects.get().environment == "x"
        return
    answer = admin.post(f"{LIST}add/", asked)
    assert "errorlist" in answer.content.decode()
    assert not ApiKey.objects.exists()


def test_revoking_asks_once_more_and_says_what_happens(admin: Client, acme: Customer) -> None:
    token = issue(admin, acme)
    key = ApiKey.objects.get()
    page = f"{LIST}{key.pk}/revoke/"
    assert page in admin.get(f"{LIST}{key.pk}/change/").content.decode()
    asked = admin.get(page).content.decode()
    assert "refused from that moment on" in asked
    assert "cannot be made valid again" in asked
    assert keys.authenticate(token) == key
    admin.post(page)
    with pytest.raises(UnknownKey):
        keys.authenticate(token)
    assert Entry.objects.filter(kind="customer:key:revoked").count() == 1


def test_revoking_twice_is_said_and_logged_once(admin: Client, acme: Customer) -> None:
    issue(admin, acme)
    page = f"{LIST}{ApiKey.objects.get().pk}/revoke/"
    for _ in range(2):
        answer = admin.post(page, follow=True)
    assert "is revoked already" in answer.content.decode()
    assert page not in answer.content.decode()
    assert Entry.objects.filter(kind="customer:key:revoked").count() == 1


def test_an_issued_key_is_not_edited(admin: Client, acme: Customer) -> None:
    issue(admin, acme)
    key = ApiKey.objects.get()
    assert admin.post(f"{LIST}{key.pk}/change/", {"label": "other"}).status_code == 403


def test_who_may_only_look_neither_issues_nor_revokes(
    staff: Callable[[StaffRole], Client], admin: Client, acme: Customer
) -> None:
    token = issue(admin, acme)
    auditor = staff(StaffRole.AUDITOR)
    assert auditor.post(f"{LIST}add/", form(acme)).status_code == 403
    page = f"{LIST}{ApiKey.objects.get().pk}/revoke/"
    assert auditor.get(page).status_code == auditor.post(page).status_code == 403
    assert keys.authenticate(token)
