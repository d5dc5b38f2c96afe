"""GET /api/v1/exchanges and one of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import time_machine

from compliance.customers import lifecycle
from compliance.intake import shapes
from compliance.intake.flags import Flag
from retention.actor import SYSTEM
from tests.cast import Cast
from tests.compliance.api.conftest import DELETIONS, EXCHANGES, NOON, Api
from tests.compliance.intake.sent import CONTRACT, contract, short
from tests.test_docs import flags


def ids(answer: Any) -> list[str]:
    return [result["id"] for result in answer.body["results"]]


def test_p1_what_was_sent_is_read_again_with_its_numbers(api: Api, cast: Cast) -> None:
    sent = contract(delivered_at=..., retain_days=...)
    [result] = api.send(sent, key=cast.acme.ingest).body["results"]
    read = api.get(f"{EXCHANGES}/{result['exchange']}", key=cast.acme.read)
    assert read.status == 200
    assert read.headers["Cache-Control"] == "no-store"
    assert read.body["occurred_at"] == "2026-11-22T10:00:00Z"
    assert read.body["source"] == {"provider": "github", "repository": "acme/payments"}
    contents = {record["class"]: record for record in read.body["records"]}
    prompt = contents["prompt"]["content"]
    assert prompt["prompt"][0] == CONTRACT["prompt"][0]
    assert prompt["finding"] == CONTRACT["finding"]
    assert contents["snippet"]["content"]["text"] == "…"
    assert contents["response"]["content"] == CONTRACT["response"]
    assert contents["evaluation"]["content"] == CONTRACT["evaluation"]
    assert contents["evaluation"]["verdict"] == "true_positive"
    assert contents["response"]["latency_ms"] == 1400


def test_a_list_shows_no_content(api: Api, cast: Cast) -> None:
    api.send(contract(delivered_at=...), key=cast.acme.ingest)
    listed = api.get(EXCHANGES, key=cast.acme.read)
    [found] = listed.body["results"]
    assert len(found["records"]) == 4
    assert all("content" not in record for record in found["records"])
    assert b"Yes, because" not in listed.raw


ODD_IDS = ("a/b/c", "a b?c#d%e", "ü🧿", "response", "x/response/y", "..", "a%2Fb", "a+b&c")


def test_an_own_id_is_an_address_whatever_it_is_made_of(api: Api, cast: Cast) -> None:
    api.send(*[short(id=name) for name in ODD_IDS], key=cast.acme.ingest)
    for name in ODD_IDS:
        address = f"{EXCHANGES}/{quote(name, safe='')}"
        for query in ({}, {"day": "2026-11-22"}):
            read = api.get(address, key=cast.acme.read, **query)
            assert (read.status, read.body.get("id")) == (200, name)


def test_an_own_id_may_look_like_one_of_ours(api: Api, cast: Cast) -> None:
    for external_id in (
        "6f1c7a36-7a52-4a3f-8f4e-1c9e3d1b2a10",
        "0190a5b4-1234-8abc-9def-0123456789ab",
    ):
        api.send(short(id=external_id), key=cast.acme.ingest)
        read = api.get(f"{EXCHANGES}/{external_id}", key=cast.acme.read)
        assert (read.status, read.body.get("id")) == (200, external_id)


def test_an_exchange_is_found_by_its_own_id_on_any_live_day(api: Api, cast: Cast) -> None:
    api.send(short(occurred_at="2026-07-01T10:00:00Z"), key=cast.acme.ingest)
    assert api.get(f"{EXCHANGES}/triage-1", key=cast.acme.read).status == 200
    other_day = api.get(f"{EXCHANGES}/triage-1", key=cast.acme.read, day="2026-07-02")
    assert (other_day.status, other_day.code) == (404, "unknown_exchange")


GONE = (
    "Whatever there was of 22 November 2026 was deleted as promised on 22 May 2027. "
    "Ids are not kept, so nothing is said about this one."
)


def test_p3_from_midnight_of_its_date_an_exchange_is_gone(api: Api, cast: Cast) -> None:
    [sent] = api.send(short(), key=cast.acme.ingest).body["results"]
    named = f"{EXCHANGES}/{sent['exchange']}"
    with time_machine.travel("2027-05-21T23:59:59Z", tick=False):
        assert api.get(named, key=cast.acme.read).status == 200
    with time_machine.travel("2027-05-22T00:00:00Z", tick=False):
        for address, query in ((named, {}), (f"{EXCHANGES}/triage-1", {"day": "2026-11-22"})):
            gone = api.get(address, key=cast.acme.read, **query)
            assert (gone.status, gone.code) == (410, "deleted_as_promised")
            assert gone.body["detail"] == GONE
        unnamed = api.get(f"{EXCHANGES}/triage-1", key=cast.acme.read)
        assert (unnamed.status, unnamed.code) == (404, "unknown_exchange")
        assert ids(api.get(EXCHANGES, key=cast.acme.read)) == []


def test_p3_nothing_is_said_to_be_deleted_of_a_day_that_held_nothing(api: Api, cast: Cast) -> None:
    api.send(short(), key=cast.acme.ingest)
    with time_machine.travel("2027-05-22T00:00:00Z", tick=False):
        for day in ("2020-01-01", "2026-11-21"):
            never = api.get(f"{EXCHANGES}/triage-1", key=cast.acme.read, day=day)
            assert (never.status, never.code) == (404, "unknown_exchange")
        theirs = api.get(f"{EXCHANGES}/triage-1", key=cast.borealis.read, day="2026-11-22")
        assert (theirs.status, theirs.code) == (404, "unknown_exchange")


def test_p15_somebody_elses_exchange_does_not_exist(api: Api, cast: Cast) -> None:
    [sent] = api.send(short(), key=cast.acme.ingest).body["results"]
    for address, query in (
        (sent["exchange"], {}),
        ("triage-1", {}),
        ("triage-1", {"day": "2026-11-22"}),
    ):
        read = api.get(f"{EXCHANGES}/{address}", key=cast.borealis.read, **query)
        assert (read.status, read.code) == (404, "unknown_exchange")
    assert ids(api.get(EXCHANGES, key=cast.borealis.read)) == []


def test_a_suspended_customer_still_reads(api: Api, cast: Cast) -> None:
    api.send(short(), key=cast.acme.ingest)
    lifecycle.suspend(cast.acme.customer, by=SYSTEM, now=NOON)
    assert ids(api.get(EXCHANGES, key=cast.acme.read)) == ["triage-1"]
    assert api.get(f"{EXCHANGES}/triage-1", key=cast.acme.read).status == 200


IMPOSSIBLE = ("%00", "a%00b", "%FF", "a%E2%80%AEb", "x" * 201, "%20x", "%20", "%C2%A0")


def test_an_address_that_cannot_be_is_not_found(api: Api, cast: Cast) -> None:
    for name in IMPOSSIBLE:
        read = api.get(f"{EXCHANGES}/{name}", key=cast.acme.read)
        assert (name, read.status, read.code) == (name, 404, "unknown_exchange")
        written = api.post(f"{EXCHANGES}/{name}", key=cast.acme.read)
        assert (name, written.status, written.code) == (name, 405, "method_not_allowed")


def test_an_id_of_ours_from_any_day_is_answered(api: Api, cast: Cast) -> None:
    for name in (
        "ffffffff-ffff-8fff-bfff-ffffffffffff",
        "00000000-0000-8000-8000-000000000000",
        "e677d21f-d800-8000-8000-000000000000",
        "0000FFFF-0000-8000-8000-00000000000g",
    ):
        assert api.get(f"{EXCHANGES}/{name}", key=cast.acme.read).status in (404, 410)


# ---- lists


@pytest.fixture
def five(api: Api, cast: Cast) -> Api:
    """Five exchanges on three days."""
    items = [
        short(id="a", occurred_at="2026-11-22T10:00:00Z", source={"repository": "acme/payments"}),
        short(id="b", occurred_at="2026-11-22T11:00:00Z", evaluation={"verdict": "uncertain"}),
        short(id="c", occurred_at="2026-11-21T10:00:00Z", response={"text": ""}),
        short(id="d", occurred_at="2026-11-21T10:00:00Z"),
        short(id="e", occurred_at="2026-10-01T10:00:00Z", source={"repository": "acme/payments"}),
    ]
    assert api.send(*items, key=cast.acme.ingest).body["receipt"]["stored"] == 5
    return api


FILTERS: tuple[tuple[dict[str, str], str], ...] = (
    ({}, "abcde"),
    ({"from": "2026-11-21"}, "abcd"),
    ({"to": "2026-11-21"}, "cde"),
    ({"from": "2026-11-21", "to": "2026-11-21"}, "cd"),
    ({"class": "evaluation"}, "b"),
    ({"class": "snippet"}, ""),
    ({"repository": "acme/payments"}, "ae"),
    ({"repository": "acme/nothing"}, ""),
    ({"flag": "no_content"}, "c"),
    ({"repository": "acme/payments", "from": "2026-11-01"}, "a"),
)


def test_filters_narrow_the_list(five: Api, cast: Cast) -> None:
    for filters, found in FILTERS:
        listed = five.get(EXCHANGES, key=cast.acme.read, **filters)
        assert (filters, sorted(ids(listed))) == (filters, sorted(found))


def test_pages_follow_each_other_newest_day_first(five: Api, cast: Cast) -> None:
    for limit in (1, 2, 3, 5, 200):
        pages = list(walk(five, cast, limit=str(limit)))
        assert len(pages) == -(-5 // limit)
        assert all(len(page) <= limit for page in pages)
        results = [result for page in pages for result in page]
        assert sorted(result["id"] for result in results) == list("abcde")
        days = [result["clock_day"] for result in results]
        assert days == sorted(days, reverse=True)


def walk(five: Api, cast: Cast, **parameters: str) -> Iterator[list[dict[str, Any]]]:
    page = five.get(EXCHANGES, key=cast.acme.read, **parameters)
    while True:
        yield page.body["results"]
        if page.body["next"] is None:
            return
        assert page.body["next"].startswith("http://testserver/api/v1/exchanges?")
        page = five.get(page.body["next"], key=cast.acme.read)


def test_the_next_page_keeps_the_filters(five: Api, cast: Cast) -> None:
    first = five.get(EXCHANGES, key=cast.acme.read, repository="acme/payments", limit="1")
    second = five.get(first.body["next"], key=cast.acme.read)
    assert ids(first) + ids(second) == ["a", "e"]
    assert second.body["next"] is None


BAD_FILTERS: tuple[tuple[dict[str, str], str], ...] = (
    ({"from": "yesterday"}, "invalid_parameter"),
    ({"from": "2026-02-30"}, "invalid_parameter"),
    ({"to": "0000-01-01"}, "invalid_parameter"),
    ({"to": "10000-12-31"}, "invalid_parameter"),
    ({"class": "code"}, "invalid_parameter"),
    ({"class": ""}, "invalid_parameter"),
    ({"repository": "a\0b"}, "invalid_parameter"),
    ({"repository": "x" * 201}, "invalid_parameter"),
    ({"flag": "No Such"}, "invalid_parameter"),
    ({"flag": "no_such"}, "invalid_parameter"),
    ({"flag": ""}, "invalid_parameter"),
    ({"limit": "0"}, "invalid_parameter"),
    ({"limit": "201"}, "invalid_parameter"),
    ({"limit": "x"}, "invalid_parameter"),
    ({"limit": "9" * 5000}, "invalid_parameter"),
    ({"form": "2026-11-22"}, "invalid_parameter"),
    ({"cursor": ""}, "bad_cursor"),
    ({"cursor": "x"}, "bad_cursor"),
    ({"cursor": "ü"}, "bad_cursor"),
    ({"cursor": "x" * 5000}, "bad_cursor"),
    ({"cursor": "739942-"}, "bad_cursor"),
    ({"cursor": "0-0190a5b412348abc9def0123456789ab"}, "bad_cursor"),
    ({"cursor": "9999999-0190a5b412348abc9def0123456789ab"}, "bad_cursor"),
    ({"cursor": "739942-0190a5b412348abc9def0123456789ab\n"}, "bad_cursor"),
)


def test_a_bad_parameter_is_refused_and_never_ignored(api: Api, cast: Cast) -> None:
    for filters, code in BAD_FILTERS:
        answer = api.get(EXCHANGES, key=cast.acme.read, **filters)
        assert (filters, answer.status, answer.code) == (filters, 400, code)


def test_a_parameter_that_is_given_twice_is_refused(api: Api, cast: Cast) -> None:
    for address, query in (
        (EXCHANGES, "class=prompt&class=response"),
        (EXCHANGES, "limit=2&limit=2"),
        (f"{EXCHANGES}/triage-1", "day=2026-11-21&day=2026-11-22"),
        (DELETIONS, "from=2026-11-21&from=2026-11-22"),
    ):
        answer = api.get(f"{address}?{query}", key=cast.acme.read)
        assert (query, answer.status, answer.code) == (query, 400, "invalid_parameter")
        assert answer.body["detail"] == f"{query.partition('=')[0]} may be given once."


def test_every_flag_that_intake_raises_can_be_asked_for() -> None:
    assert set(Flag) == flags()


def test_days_that_hold_nothing_are_an_empty_page(api: Api, cast: Cast) -> None:
    for filters in (
        {"from": "2026-11-22", "to": "2026-11-21"},
        {"to": "0001-01-01"},
        {"from": "9999-12-31"},
        {"cursor": "1-0190a5b412348abc9def0123456789ab"},
    ):
        answer = api.get(EXCHANGES, key=cast.acme.read, **filters)
        assert (answer.status, answer.body) == (200, {"next": None, "results": []})


def test_a_day_on_which_nothing_can_be_is_searched_in_vain(api: Api, cast: Cast) -> None:
    for day in ("0001-01-01", "1969-12-31", "9999-12-31"):
        answer = api.get(f"{EXCHANGES}/triage-1", key=cast.acme.read, day=day)
        assert (day, answer.status, answer.code) == (day, 404, "unknown_exchange")


def test_a_bad_day_is_refused(api: Api, cast: Cast) -> None:
    for day in ("", "x", "\0", "2026-13-01", "0000-00-00"):
        answer = api.get(f"{EXCHANGES}/triage-1", key=cast.acme.read, day=day)
        assert (day, answer.status, answer.code) == (day, 400, "invalid_parameter")


def test_every_field_that_lies_in_the_clear_is_told(api: Api, cast: Cast) -> None:
    api.send(contract(), key=cast.acme.ingest)
    read = api.get(f"{EXCHANGES}/triage-8f3c", key=cast.acme.read).body
    for name in ("purpose", "subprocessor", "model", "account", "endpoint"):
        assert name in shapes.Exchange.model_fields
        assert read[name] == CONTRACT[name]
