"""Who may do what: deny by default."""

from __future__ import annotations

from django.urls import get_resolver

from compliance.api.authentication import ByScope, Closed
from compliance.api.views import ApiView
from compliance.customers import keys
from compliance.customers.models import Customer
from retention.actor import SYSTEM
from tests.cast import Cast
from tests.compliance.api.conftest import DELETIONS, EXCHANGES, NOON, Api
from tests.compliance.intake.sent import body, short

WRITE = (EXCHANGES, *[f"{EXCHANGES}/x/{kind}" for kind in ("response", "evaluation", "delivered")])
READ = (EXCHANGES, f"{EXCHANGES}/x", DELETIONS, f"{DELETIONS}/x")


def test_without_a_key_nothing_is_open(api: Api) -> None:
    for address in {*READ, *WRITE}:
        for answer in (api.get(address), api.post(address)):
            assert (answer.status, answer.code) == (401, "unknown_key")
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_what_is_no_key_of_ours_is_refused(api: Api, cast: Cast) -> None:
    good = cast.acme.read
    for header in (
        "",
        "Bearer",
        "Bearer ",
        "Bearer sg_",
        f"Basic {good}",
        good,
        f"Bearer {good}x",
        f"Bearer {good[:-1]}",
        f"Bearer {good} {good}",
        f"Bearer {good.upper()}",
        "Bearer " + "x" * 5000,
        "Bearer sg_\0",
        "Bearer ключ",
    ):
        answer = api.client.get(EXCHANGES, HTTP_AUTHORIZATION=header)
        assert (header, answer.status_code) == (header, 401)


def test_a_key_works_however_its_scheme_is_written(api: Api, cast: Cast) -> None:
    for scheme in ("Bearer", "bearer", "BEARER", "Bearer "):
        header = f"{scheme} {cast.acme.read}"
        assert api.client.get(EXCHANGES, HTTP_AUTHORIZATION=header).status_code == 200


def test_a_key_for_sending_does_not_read_and_one_for_reading_does_not_send(
    api: Api, cast: Cast
) -> None:
    for address in READ:
        answer = api.get(address, key=cast.acme.ingest)
        assert (answer.status, answer.code) == (403, "scope_missing")
    for address in WRITE:
        answer = api.post(address, body(short()), key=cast.acme.read)
        assert (answer.status, answer.code) == (403, "scope_missing")


def test_a_revoked_key_ends_at_once(api: Api, cast: Cast) -> None:
    key = keys.authenticate(cast.acme.read)
    assert api.get(EXCHANGES, key=cast.acme.read).status == 200
    keys.revoke(key, by=SYSTEM, now=NOON)
    assert api.get(EXCHANGES, key=cast.acme.read).code == "unknown_key"


def test_the_use_of_a_key_is_noted(api: Api, cast: Cast) -> None:
    api.get(EXCHANGES, key=cast.acme.read)
    assert keys.authenticate(cast.acme.read).last_used_at == NOON


def test_an_erased_customers_keys_open_nothing(api: Api, cast: Cast) -> None:
    for state in ("leaving", "erased"):
        Customer.objects.filter(pk=cast.acme.id).update(state=state)
    for answer in (
        api.get(EXCHANGES, key=cast.acme.read),
        api.post(f"{EXCHANGES}/x/delivered", key=cast.acme.ingest),
    ):
        assert (answer.status, answer.code) == (403, "customer_suspended")


def test_every_view_of_the_api_is_closed_unless_it_names_a_scope() -> None:
    views = [
        pattern.callback.cls
        for pattern in get_resolver("compliance.api.urls").url_patterns
        if issubclass(getattr(pattern.callback, "cls", type), ApiView)
    ]
    assert len(views) >= 8
    for view in views:
        assert view.permission_classes == (ByScope,)
        assert set(view.scopes.values()) <= {"ingest", "read"}
    assert Closed().has_permission(None, None) is False


def test_methods_and_types_that_are_not_there(api: Api, cast: Cast) -> None:
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {cast.acme.read}"}
    deleted = api.client.delete(EXCHANGES, **bearer)
    assert (deleted.status_code, deleted.json()["code"]) == (405, "method_not_allowed")
    assert "POST" in deleted.headers["Allow"]
    html = api.client.get(EXCHANGES, HTTP_ACCEPT="text/html", **bearer)
    assert (html.status_code, html.json()["code"]) == (406, "not_acceptable")
    assert api.client.head(EXCHANGES, **bearer).status_code == 200
    assert api.client.options(EXCHANGES, **bearer).status_code == 200
    assert api.client.options(EXCHANGES).status_code == 401
    for address in ("/api/", "/api/v2/exchanges", "/api/v1/exchange", "/api/v1/exchanges/"):
        answer = api.get(address, key=cast.acme.read)
        assert (address, answer.status, answer.code) == (address, 404, "not_found")
