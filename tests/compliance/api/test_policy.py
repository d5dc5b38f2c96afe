"""GET /api/v1/policy and its versions."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import time_machine

from retention.policies.rules import Period
from tests.cast import Cast
from tests.compliance.api.conftest import Api
from tests.factories.versions import bound_from, version_in

POLICY = "/api/v1/policy"
VERSIONS = "/api/v1/policy/versions"


def announce(customer: UUID, number: int, effective_on: date) -> None:
    """The customer was told in time: for whole versions see `tests/retention/policies`."""
    three = {name: Period(months=3) for name in ("prompt", "response", "evaluation")}
    text = f"Version {number}: three months."
    version = version_in("announced", number=number, text=text, context_lines=5, periods=three)
    bound_from(customer, version, effective_on)


def test_p3_it_says_what_applies_and_until_when_something_of_today_is_kept(
    api: Api, cast: Cast
) -> None:
    policy = api.get(POLICY, key=cast.acme.read)
    assert policy.status == 200
    assert policy.body["in_force"]["version"] == 1
    assert policy.body["in_force"]["effective_on"] == "2026-03-01"
    assert policy.body["pending"] is None
    assert policy.body["profile"] == "standard"
    kept = {one["class"]: one["expires_on"] for one in policy.body["if_sent_today"]}
    assert kept == {
        "prompt": "2027-05-22",
        "snippet": "2026-11-23",
        "response": "2027-05-22",
        "evaluation": "2027-05-22",
    }
    assert policy.body["in_force"]["periods"][1] == {
        "class": "snippet",
        "months": None,
        "days": 1,
        "or_when_delivered": True,
    }


def test_p16_a_customer_that_keeps_little_sees_its_own_dates(api: Api, cast: Cast) -> None:
    policy = api.get(POLICY, key=cast.cygnus.read).body
    assert policy["profile"] == "minimal"
    assert {one["expires_on"] for one in policy["if_sent_today"]} == {"2026-11-23", "2026-12-22"}


def test_p4_a_coming_version_is_shown_with_its_day_and_binds_from_it(api: Api, cast: Cast) -> None:
    announce(cast.acme.id, 2, date(2026, 12, 21))
    pending = api.get(POLICY, key=cast.acme.read).body["pending"]
    assert (pending["version"], pending["effective_on"]) == (2, "2026-12-21")
    assert api.get(POLICY, key=cast.borealis.read).body["pending"] is None
    with time_machine.travel("2026-12-21T00:00:00Z", tick=False):
        policy = api.get(POLICY, key=cast.acme.read).body
    assert (policy["in_force"]["version"], policy["pending"]) == (2, None)


def test_the_history_is_listed_page_by_page(api: Api, cast: Cast) -> None:
    announce(cast.acme.id, 2, date(2026, 11, 22))
    announce(cast.acme.id, 3, date(2026, 12, 25))
    found, address, links = [], f"{VERSIONS}?limit=1", []
    while address:
        page = api.get(address, key=cast.acme.read)
        found += [(one["version"], one["standing"]) for one in page.body["results"]]
        links.append(page.headers.get("Link"))
        address = page.body["next"]
    assert found == [(3, "pending"), (2, "in_force"), (1, "superseded")]
    assert [bool(link) for link in links] == [True, True, False]
    past = api.get(VERSIONS, key=cast.acme.read, standing="superseded").body["results"]
    assert [one["version"] for one in past] == [1]


def test_a_wrong_standing_is_refused(api: Api, cast: Cast) -> None:
    for query in ({"standing": "old"}, {"state": "pending"}, {"cursor": "1-x"}):
        answer = api.get(VERSIONS, key=cast.acme.read, **query)
        assert (answer.status, answer.code) in [(400, "invalid_parameter"), (400, "bad_cursor")]


def test_an_ingest_key_does_not_read_the_policy(api: Api, cast: Cast) -> None:
    for address in (POLICY, VERSIONS):
        assert api.get(address, key=cast.acme.ingest).code == "scope_missing"
