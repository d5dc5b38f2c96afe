"""Notices over HTTP: by read key, and by a member's session; never another customer's (P4, P15)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import orjson
import pytest
from django.middleware.csrf import get_token
from django.test import Client, RequestFactory

from compliance.notices.models import Notice, Objection
from compliance.people.models import Member
from retention.actor import Actor
from tests.cast import Cast
from tests.compliance.api.conftest import Api
from tests.compliance.notices.conftest import Scene

NOTICES = "/api/v1/notices"


@pytest.fixture
def api(cast: Cast) -> Api:
    """On today's day: the database's own clock gives notices."""
    return Api()


@pytest.fixture
def told(cast: Cast, settings: Any) -> Scene:
    """Everybody was told of a change."""
    settings.DEMO = True
    scene = Scene.__new__(Scene)
    scene.olga, scene.by = cast.olga, Actor("user", cast.olga.pk)
    for company in (cast.acme, cast.borealis):
        scene.contact(company.customer, f"legal@{company.customer.name.lower()}.example")
    scene.announce()
    scene.send()
    return scene


def of(cast: Cast, who: str = "acme") -> Notice:
    return Notice.objects.get(customer=getattr(cast, who).customer)


def test_p4_a_read_key_reads_what_was_told_word_for_word(api: Api, cast: Cast, told: Scene) -> None:
    notice = of(cast)
    answer = api.get(NOTICES, key=cast.acme.read)
    assert answer.status == 200
    (listed,) = answer.body["results"]
    assert listed["text"] == notice.text
    assert listed["standing"] == "given"
    assert notice.activation
    assert listed["effective_on"] == notice.activation.effective_on.isoformat()
    assert api.get(f"{NOTICES}/{notice.pk}", key=cast.acme.read).body == listed


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"kind": "change"}, 1),
        ({"kind": "withdrawal"}, 0),
        ({"standing": "given"}, 1),
        ({"standing": "in_force"}, 0),
        ({"standing": "not_given"}, 0),
    ],
)
def test_the_list_is_filtered(
    api: Api, cast: Cast, told: Scene, filters: dict[str, str], found: int
) -> None:
    assert len(api.get(NOTICES, key=cast.acme.read, **filters).body["results"]) == found


@pytest.mark.parametrize(
    "filters", [{"kind": "x"}, {"standing": "x"}, {"open": "1"}, {"cursor": "x"}, {"limit": "0"}]
)
def test_what_is_no_filter_is_refused(api: Api, cast: Cast, filters: dict[str, str]) -> None:
    assert api.get(NOTICES, key=cast.acme.read, **filters).status == 400


def test_who_is_not_reached_yet_has_no_days(api: Api, cast: Cast, told: Scene) -> None:
    (listed,) = api.get(NOTICES, key=cast.cygnus.read).body["results"]
    assert (listed["standing"], listed["given_on"]) == ("not_given", None)


def test_a_key_says_that_it_was_read_and_the_first_stands(
    api: Api, cast: Cast, told: Scene
) -> None:
    path = f"{NOTICES}/{of(cast).pk}/acknowledge"
    first = api.post(path, key=cast.acme.read)
    assert first.status == 200
    assert first.body["acknowledged_by"].startswith("key:")
    assert api.post(path, {}, key=cast.acme.read).body == first.body


def test_p4_an_objection_is_answered_with_the_notice_and_comes_once(
    api: Api, cast: Cast, told: Scene
) -> None:
    path = f"{NOTICES}/{of(cast).pk}/object"
    made = api.post(path, {"text": "No."}, key=cast.acme.read)
    assert made.status == 201
    (objection,) = made.body["objections"]
    assert (objection["text"], objection["outcome"]) == ("No.", None)
    again = api.post(path, {"text": "No!"}, key=cast.acme.read)
    assert (again.status, again.code) == (409, "already_objected")


@pytest.mark.parametrize(
    "body", [{"text": "x" * 5001}, {"text": None}, {"text": "a\x00b"}, {"reason": "x"}, [], 7]
)
def test_what_is_no_objection_is_refused(api: Api, cast: Cast, told: Scene, body: Any) -> None:
    answer = api.post(f"{NOTICES}/{of(cast).pk}/object", body, key=cast.acme.read)
    assert answer.status == 400
    assert not Objection.objects.exists()


def test_a_notice_that_was_overtaken_takes_no_objection(api: Api, cast: Cast, told: Scene) -> None:
    notice = of(cast, "cygnus")
    Notice.objects.filter(pk=notice.pk).update(closed_at=notice.published_at)
    answer = api.post(f"{NOTICES}/{notice.pk}/object", key=cast.cygnus.read)
    assert (answer.status, answer.code) == (409, "notice_closed")


def test_p15_another_customers_notice_is_unknown(api: Api, cast: Cast, told: Scene) -> None:
    for number in (of(cast, "borealis").pk, uuid4(), "x"):
        for path in (f"{NOTICES}/{number}",):
            assert api.get(path, key=cast.acme.read).code == "unknown_notice"
        for what in ("acknowledge", "object"):
            answer = api.post(f"{NOTICES}/{number}/{what}", key=cast.acme.read)
            assert (answer.status, answer.code) == (404, "unknown_notice")
    assert not Objection.objects.exists()


def test_without_a_key_or_with_one_that_sends_nothing_is_shown(
    api: Api, cast: Cast, told: Scene
) -> None:
    assert api.get(NOTICES).status == 401
    assert api.get(NOTICES, key=cast.acme.ingest).code == "scope_missing"
    assert api.post(f"{NOTICES}/{of(cast).pk}/object", key=cast.acme.ingest).status == 403


# ---- members


def session(user: Any, *, strict: bool = True) -> Client:
    client = Client(enforce_csrf_checks=strict, raise_request_exception=False)
    client.force_login(user)
    return client


def post(client: Client, path: str, token: str = "") -> Any:
    headers = {"HTTP_X_CSRFTOKEN": token} if token else {}
    return client.post(path, orjson.dumps({}), content_type="application/json", **headers)


def token_for(client: Client) -> str:
    request = RequestFactory().get("/")
    token = get_token(request)
    client.cookies["csrftoken"] = request.META["CSRF_COOKIE"]
    return token


def test_a_member_reads_with_the_session_of_the_pages(cast: Cast, told: Scene) -> None:
    for user in (cast.amir, cast.vera):
        (listed,) = session(user).get(NOTICES).json()["results"]
        assert listed["id"] == str(of(cast).pk)


def test_an_admin_answers_with_the_pages_token_and_not_without(cast: Cast, told: Scene) -> None:
    amir, path = session(cast.amir), f"{NOTICES}/{of(cast).pk}/acknowledge"
    refused = post(amir, path)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_refused")
    assert not Notice.objects.filter(acknowledged_at__isnull=False).exists()
    answer = post(amir, path, token_for(amir))
    assert answer.status_code == 200
    assert answer.json()["acknowledged_by"] == f"user:{cast.amir.pk}"


def test_a_viewer_answers_nothing(cast: Cast, told: Scene) -> None:
    vera = session(cast.vera)
    for what in ("acknowledge", "object"):
        answer = post(vera, f"{NOTICES}/{of(cast).pk}/{what}", token_for(vera))
        assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")


def test_staff_and_strangers_have_no_session_here(cast: Cast, told: Scene) -> None:
    assert session(cast.olga).get(NOTICES).status_code == 401
    assert Client().get(NOTICES).status_code == 401


def test_a_session_opens_no_other_address(cast: Cast) -> None:
    assert session(cast.amir).get("/api/v1/exchanges").status_code == 401


def test_p15_who_acts_for_several_customers_chooses_first(cast: Cast, told: Scene) -> None:
    Member.objects.create(user=cast.amir, customer=cast.borealis.customer, role="viewer")
    amir = session(cast.amir, strict=False)
    assert amir.get(NOTICES).json()["code"] == "customer_not_chosen"
    amir.post("/portal/choose/", {"customer": str(cast.borealis.id)})
    (listed,) = amir.get(NOTICES).json()["results"]
    assert listed["id"] == str(of(cast, "borealis").pk)
