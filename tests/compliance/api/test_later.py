"""Later parts of an exchange, and the news that its result was returned."""

from __future__ import annotations

from datetime import date

import time_machine

from compliance.customers import lifecycle
from retention.actor import SYSTEM
from retention.records.identity import exchange_id
from tests.cast import Cast
from tests.compliance.api.conftest import EXCHANGES, NOON, Api
from tests.compliance.intake.sent import contract, short

PARTS = {
    "response": ({"text": "Yes."}, {"text": "No."}),
    "evaluation": ({"verdict": "true_positive"}, {"verdict": "false_positive"}),
}
ANY_PART = {kind: part for kind, (part, _) in PARTS.items()} | {"delivered": {}}
MARKED = contract(id="marked", response=..., evaluation=..., delivered_at=..., retain_days=...)


def test_a_later_part_is_stored_once_and_never_changed(api: Api, cast: Cast) -> None:
    api.send(MARKED, key=cast.acme.ingest)
    for kind, (part, other) in PARTS.items():
        address = f"{EXCHANGES}/marked/{kind}"
        stored = api.post(address, part, key=cast.acme.ingest)
        assert (stored.status, stored.body["status"]) == (200, "stored")
        assert [kept["class"] for kept in stored.body["records"]] == [kind]
        assert stored.body["records"][0]["expires_on"] == "2027-05-22"
        again = api.post(address, part, key=cast.acme.ingest)
        assert (again.status, again.body["status"]) == (200, "duplicate")
        mismatch = api.post(address, other, key=cast.acme.ingest)
        assert (mismatch.status, mismatch.code) == (409, "content_mismatch")
        second = api.post(address, {**other, "part": "2"}, key=cast.acme.ingest)
        assert second.body["status"] == "stored"


def test_a_later_part_shares_the_clock_day_of_its_exchange(api: Api, cast: Cast) -> None:
    old = MARKED | {"occurred_at": "2026-09-01T10:00:00Z"}
    [sent] = api.send(old, key=cast.acme.ingest).body["results"]
    for address in (f"{sent['exchange']}/response", "marked/response?day=2026-09-01"):
        answer = api.post(f"{EXCHANGES}/{address}", {"text": "Yes."}, key=cast.acme.ingest)
        assert answer.body["clock_day"] == "2026-09-01"
        assert answer.body["records"][0]["expires_on"] == "2027-03-01"


def test_p13_a_returned_result_deletes_the_snippets_before_the_answer(api: Api, cast: Cast) -> None:
    [sent] = api.send(MARKED, key=cast.acme.ingest).body["results"]
    done = api.post(f"{EXCHANGES}/marked/delivered", key=cast.acme.ingest)
    assert done.status == 200
    assert done.body == {
        "exchange": sent["exchange"],
        "clock_day": "2026-11-22",
        "deleted": 1,
        "delivered_at": "2026-11-22T12:00:00Z",
    }
    read = api.get(f"{EXCHANGES}/marked", key=cast.acme.read)
    assert [record["class"] for record in read.body["records"]] == ["prompt"]
    again = api.post(f"{EXCHANGES}/marked/delivered", {}, key=cast.acme.ingest)
    assert (again.status, again.body["deleted"]) == (200, 0)


def test_p13_a_suspended_customer_may_still_say_that_a_result_was_returned(
    api: Api, cast: Cast
) -> None:
    api.send(MARKED, key=cast.acme.ingest)
    lifecycle.suspend(cast.acme.customer, by=SYSTEM, now=NOON)
    done = api.post(f"{EXCHANGES}/marked/delivered", key=cast.acme.ingest)
    assert (done.status, done.body["deleted"]) == (200, 1)
    refused = api.post(f"{EXCHANGES}/marked/response", {"text": ""}, key=cast.acme.ingest)
    assert (refused.status, refused.code) == (403, "customer_suspended")


def test_an_unknown_exchange_may_be_on_its_way(api: Api, cast: Cast) -> None:
    for kind, part in ANY_PART.items():
        answer = api.post(f"{EXCHANGES}/nobody/{kind}", part, key=cast.acme.ingest)
        assert (answer.status, answer.code) == (404, "unknown_exchange")
        assert answer.body["retryable"] is True


def test_p15_nothing_is_added_to_somebody_elses_exchange(api: Api, cast: Cast) -> None:
    [sent] = api.send(MARKED, key=cast.acme.ingest).body["results"]
    for kind, part in ANY_PART.items():
        for name, query in (
            (sent["exchange"], ""),
            ("marked", ""),
            ("marked", "?day=2026-11-22"),
        ):
            path = f"{EXCHANGES}/{name}/{kind}{query}"
            answer = api.post(path, part, key=cast.borealis.ingest)
            assert (answer.status, answer.code) == (404, "unknown_exchange")


def test_p3_a_gone_day_is_gone(api: Api, cast: Cast) -> None:
    api.send(MARKED, key=cast.acme.ingest)
    with time_machine.travel("2027-05-22T00:00:00Z", tick=False):
        for kind, part in ANY_PART.items():
            address = f"{EXCHANGES}/marked/{kind}?day=2026-11-22"
            answer = api.post(address, part, key=cast.acme.ingest)
            assert (answer.status, answer.code) == (410, "deleted_as_promised")
            assert "deleted as promised on 22 May 2027" in answer.body["detail"]


def test_p3_a_day_that_held_nothing_is_not_gone_and_sending_again_is_in_vain(
    api: Api, cast: Cast
) -> None:
    beyond = exchange_id(cast.acme.id, "marked", date(2026, 5, 22))
    own = [f"marked?day={day}" for day in ("2026-05-22", "2020-01-01", "1999-12-31", "2026-11-24")]
    for name in (str(beyond), *own, "%00"):
        for kind, part in ANY_PART.items():
            path, _, query = name.partition("?")
            answer = api.post(f"{EXCHANGES}/{path}/{kind}?{query}", part, key=cast.acme.ingest)
            assert (answer.status, answer.code) == (404, "unknown_exchange")
            assert answer.body["retryable"] is False
            assert "sending again does not help" in answer.body["detail"]


BAD = (
    ("response", b"{", "malformed_json"),
    ("response", b"[" * 100_000, "malformed_json"),
    ("response", b'{"text": NaN}', "malformed_json"),
    ("response", rb'{"text": "\ud800"}', "malformed_json"),
    ("response", b"[]", "invalid"),
    ("response", b"", "invalid"),
    ("response", b'{"response": {"text": ""}}', "invalid"),
    ("evaluation", b'{"score": 2}', "invalid"),
    ("delivered", b'{"delivered_at": "2026-11-22T10:00:00Z"}', "invalid"),
)


def test_a_bad_later_part_is_a_problem(api: Api, cast: Cast) -> None:
    api.send(MARKED, key=cast.acme.ingest)
    for kind, sent, code in BAD:
        answer = api.post(f"{EXCHANGES}/marked/{kind}", sent, key=cast.acme.ingest)
        assert (answer.status, answer.code) == (400, code)
        assert ("errors" in answer.body) is (code == "invalid")


def test_an_exchange_is_not_found_on_another_day(api: Api, cast: Cast) -> None:
    api.send(short(), key=cast.acme.ingest)
    address = f"{EXCHANGES}/triage-1/response?day=2026-11-10"
    answer = api.post(address, {"text": ""}, key=cast.acme.ingest)
    assert (answer.status, answer.code) == (404, "unknown_exchange")
