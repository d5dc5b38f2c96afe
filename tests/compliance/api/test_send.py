"""POST /api/v1/exchanges: stored means committed; one result each, in order."""

from __future__ import annotations

import gzip
from io import BytesIO
from typing import Any
from uuid import UUID

import orjson
import zstandard

from compliance.customers import lifecycle
from retention.actor import SYSTEM
from tests.cast import Cast
from tests.compliance.api.conftest import EXCHANGES, NOON, Api
from tests.compliance.intake.sent import body, contract, short


def test_p1_the_contracts_example_gets_the_contracts_answer(api: Api, cast: Cast) -> None:
    answer = api.send(contract(), key=cast.acme.ingest)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/json"
    [result] = answer.body["results"]
    assert list(result) == [
        *("id", "status", "exchange", "clock_day"),
        *("records", "dropped", "flags"),
    ]
    assert (result["id"], result["status"]) == ("triage-8f3c", "stored")
    assert UUID(result["exchange"]).version == 8
    assert result["clock_day"] == "2026-11-22"
    assert [(kept["class"], kept["expires_on"]) for kept in result["records"]] == [
        ("prompt", "2026-12-22"),
        ("response", "2026-12-22"),
        ("evaluation", "2026-12-22"),
    ]
    assert all(set(kept) == {"id", "class", "expires_on"} for kept in result["records"])
    assert result["dropped"] == [{"class": "snippet", "code": "delivered"}]
    assert result["flags"] == []
    receipt = answer.body["receipt"]
    assert (receipt["stored"], receipt["records"]) == (1, 3)
    assert UUID(receipt["id"])


def test_p3_each_part_says_when_it_is_deleted(api: Api, cast: Cast) -> None:
    sent = contract(retain_days=..., delivered_at=...)
    [result] = api.send(sent, key=cast.acme.ingest).body["results"]
    assert [(kept["class"], kept["expires_on"]) for kept in result["records"]] == [
        ("prompt", "2027-05-22"),
        ("snippet", "2026-11-23"),
        ("response", "2027-05-22"),
        ("evaluation", "2027-05-22"),
    ]


def test_p13_a_retry_changes_nothing_and_brings_no_snippet_back(api: Api, cast: Cast) -> None:
    first = api.send(contract(), key=cast.acme.ingest).body["results"][0]
    again = api.send(contract(delivered_at=...), key=cast.acme.ingest).body
    assert again["results"][0]["status"] == "duplicate"
    assert again["results"][0]["exchange"] == first["exchange"]
    assert again["results"][0]["records"] == first["records"]
    assert (again["receipt"]["stored"], again["receipt"]["records"]) == (0, 0)


def test_the_same_id_with_other_content_is_refused_on_its_day_alone(api: Api, cast: Cast) -> None:
    [first] = api.send(short(), key=cast.acme.ingest).body["results"]
    other = short(response={"text": "Yes."})
    [result] = api.send(other, key=cast.acme.ingest).body["results"]
    assert result == {
        "id": "triage-1",
        "status": "refused",
        "code": "content_mismatch",
        "retryable": False,
        "exchange": first["exchange"],
        "clock_day": "2026-11-22",
    }
    yesterday = other | {"occurred_at": "2026-11-21T10:00:00Z"}
    [result] = api.send(yesterday, key=cast.acme.ingest).body["results"]
    assert result["status"] == "stored"


def test_results_come_in_the_order_in_which_exchanges_were_sent(api: Api, cast: Cast) -> None:
    sent = [short(id=f"n{n}") if n % 3 else short(id=f"n{n}", model=7) for n in range(50)]
    results = api.send(*reversed(sent), key=cast.acme.ingest).body["results"]
    assert [result["id"] for result in results] == [f"n{n}" for n in reversed(range(50))]
    stored = {result["id"] for result in results if result["status"] == "stored"}
    assert stored == {f"n{n}" for n in range(50) if n % 3}


def test_the_same_exchange_twice_in_one_batch_is_stored_once(api: Api, cast: Cast) -> None:
    results = api.send(short(), short(), key=cast.acme.ingest).body["results"]
    assert [result["status"] for result in results] == ["stored", "duplicate"]


def test_a_batch_without_exchanges_is_answered(api: Api, cast: Cast) -> None:
    answer = api.send(key=cast.acme.ingest)
    assert (answer.status, answer.body["results"]) == (200, [])


def test_it_takes_every_encoding_of_the_contract(api: Api, cast: Cast) -> None:
    for encoding, compress in (
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("zstd", zstandard.compress),
    ):
        sent = compress(body(short(id=encoding)))
        answer = api.post(EXCHANGES, sent, key=cast.acme.ingest, HTTP_CONTENT_ENCODING=encoding)
        assert answer.body["receipt"]["stored"] == 1


def test_json_is_taken_also_where_its_type_is_not_named(api: Api, cast: Cast) -> None:
    for number, content_type in enumerate(
        ("", "application/json; charset=utf-8", "APPLICATION/JSON", "*/*")
    ):
        sent = body(short(id=f"n{number}"))
        answer = api.post(EXCHANGES, sent, key=cast.acme.ingest, content_type=content_type)
        assert answer.body["receipt"]["stored"] == 1


def test_a_body_without_a_length_is_read_to_its_end(api: Api, cast: Cast) -> None:
    sent = orjson.dumps({"exchanges": [short()]})
    chunked: Any = {
        "wsgi.input": BytesIO(sent),
        "wsgi.input_terminated": True,
        "CONTENT_LENGTH": "",
    }
    answer = api.post(EXCHANGES, sent, key=cast.acme.ingest, **chunked)
    assert answer.body["receipt"]["stored"] == 1


def test_p13_text_without_marked_code_is_kept_for_a_day(api: Api, cast: Cast) -> None:
    sent = short(prompt=[{"type": "text", "text": "x = 1"}])
    [result] = api.send(sent, key=cast.acme.ingest).body["results"]
    assert result["flags"] == ["code_not_marked"]
    kept = {record["class"]: record["expires_on"] for record in result["records"]}
    assert kept["snippet"] == "2026-11-23"


def test_a_declared_customers_texts_are_kept_as_prompts(api: Api, cast: Cast) -> None:
    cast.acme.customer.text_carries_no_code = True
    cast.acme.customer.save()
    sent = short(prompt=[{"type": "text", "text": "x = 1"}])
    [result] = api.send(sent, key=cast.acme.ingest).body["results"]
    assert result["flags"] == []
    assert {record["class"] for record in result["records"]} == {"prompt", "response"}


def test_a_suspended_customer_sends_nothing_until_it_is_resumed(api: Api, cast: Cast) -> None:
    lifecycle.suspend(cast.acme.customer, by=SYSTEM, now=NOON)
    answer = api.send(short(), key=cast.acme.ingest)
    assert (answer.status, answer.code) == (403, "customer_suspended")
    lifecycle.resume(cast.acme.customer, by=SYSTEM, now=NOON)
    assert api.send(short(), key=cast.acme.ingest).status == 200


def test_p15_the_same_id_of_two_customers_is_two_exchanges(api: Api, cast: Cast) -> None:
    [acme] = api.send(short(), key=cast.acme.ingest).body["results"]
    other = short(response={"text": "Yes."})
    [borealis] = api.send(other, key=cast.borealis.ingest).body["results"]
    assert acme["status"] == borealis["status"] == "stored"
    assert acme["exchange"] != borealis["exchange"]
