"""Bad input gets a clear, stable code; nothing is lost of the good items; never a 500."""

from __future__ import annotations

import gzip
import json
from io import BytesIO
from typing import Any
from unittest.mock import Mock

import orjson
import pytest
from django.db import OperationalError
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from compliance.api import exchanges as views
from compliance.intake import shapes
from compliance.intake.encodings import MOST_OPENED, MOST_SENT
from retention.errors import Busy, MissingPartition, RetentionError, StorageFull
from tests.cast import Cast
from tests.compliance.api.conftest import EXCHANGES, Api
from tests.compliance.intake.sent import ANYTHING, body, raw_body, short
from tests.compliance.intake.test_bodies import BROKEN


def bad(**changes: Any) -> bytes:
    return orjson.dumps(short(id="bad") | changes)


ITEMS: dict[str, tuple[bytes, str]] = {
    **{name: (item, "invalid") for name, item in BROKEN.items()},
    "no object": (b"7", "invalid"),
    "null": (b"null", "invalid"),
    "an escaped NUL": (bad(response={"text": "a\0b"}), "invalid"),
    "a NUL in the id": (bad(id="a\0b"), "invalid"),
    "an id of 201 characters": (bad(id="x" * 201), "invalid"),
    "an empty id": (bad(id=""), "invalid"),
    "a number as id": (bad(id=7), "invalid"),
    "a huge integer": (bad(latency_ms=1).replace(b":1}", b":" + b"9" * 5000 + b"}"), "invalid"),
    "an integer beyond a column": (bad(latency_ms=2**31), "invalid"),
    "a boolean as number": (bad(retain_days=True), "invalid"),
    "a text as list": (bad(prompt="x"), "invalid"),
    "an unknown field": (bad(retain_day=3), "invalid"),
    "retain_days of 0": (bad(retain_days=0), "invalid"),
    "retain_days of 185": (bad(retain_days=185), "invalid"),
    "no offset": (bad(occurred_at="2026-11-22T10:00:00"), "invalid"),
    "the year 0": (bad(occurred_at="0000-01-01T00:00:00Z"), "invalid"),
    "the year 9999": (bad(occurred_at="9999-12-31T23:59:59-10:00"), "invalid"),
    "no such day": (bad(occurred_at="2026-02-30T00:00:00Z"), "invalid"),
    "six minutes ahead": (bad(occurred_at="2026-11-22T12:06:00Z"), "occurred_in_future"),
    "tomorrow": (bad(occurred_at="2026-11-23T00:00:00Z"), "occurred_in_future"),
    "years ahead": (bad(occurred_at="9998-12-31T00:00:00Z"), "occurred_in_future"),
    "seven months ago": (bad(occurred_at="2026-04-22T10:00:00Z"), "expired_on_arrival"),
    "decades ago": (bad(occurred_at="2000-01-01T00:00:00Z"), "expired_on_arrival"),
    "a day ago for a day": (
        bad(occurred_at="2026-11-21T10:00:00Z", retain_days=1),
        "expired_on_arrival",
    ),
}


def test_each_bad_item_gets_its_code_and_costs_no_good_one(api: Api, cast: Cast) -> None:
    found = {}
    for name, (item, _) in ITEMS.items():
        first, last = (orjson.dumps(short(id=f"{name} {end}")) for end in ("first", "last"))
        answer = api.post(EXCHANGES, raw_body(first, item, last), key=cast.acme.ingest)
        assert [one["status"] for one in answer.body["results"]] == ["stored", "refused", "stored"]
        assert answer.body["receipt"]["stored"] == 2
        refused = answer.body["results"][1]
        assert refused["retryable"] is (refused["code"] == "occurred_in_future")
        assert ("errors" in refused) is (refused["code"] == "invalid")
        found[name] = refused["code"]
    assert found == {name: code for name, (_, code) in ITEMS.items()}


def test_all_bad_items_in_one_batch_cost_no_good_one(api: Api, cast: Cast) -> None:
    good = [orjson.dumps(short(id=f"good {number}")) for number in range(len(ITEMS))]
    mixed = [
        piece for pair in zip(good, ITEMS.values(), strict=True) for piece in (pair[0], pair[1][0])
    ]
    answer = api.post(EXCHANGES, raw_body(*mixed), key=cast.acme.ingest)
    results = answer.body["results"]
    assert {result["status"] for result in results[::2]} == {"stored"}
    assert [result["code"] for result in results[1::2]] == [code for _, code in ITEMS.values()]


FORM = {"content_type": "application/x-www-form-urlencoded"}
GZIP = {"HTTP_CONTENT_ENCODING": "gzip"}
BODIES: dict[str, tuple[bytes, dict[str, str], int, str]] = {
    "nothing": (b"", {}, 400, "malformed_json"),
    "no JSON": (b"{exchanges", {}, 400, "malformed_json"),
    "a list": (b"[]", {}, 400, "malformed_json"),
    "no exchanges": (b"{}", {}, 400, "malformed_json"),
    "brackets": (b"[" * 1_000_000, {}, 400, "malformed_json"),
    "not UTF-8": ("é".encode("utf-16"), {}, 400, "malformed_json"),
    "an unknown field": (b'{"exchanges": [], "x": 1}', {}, 400, "invalid"),
    "1,001 exchanges": (body(*range(1001)), {}, 413, "too_many_exchanges"),
    "over 10 MiB": (b" " * (MOST_SENT + 1), {}, 413, "too_large"),
    "a form": (b"a=b", FORM, 415, "unsupported_media_type"),
    "brotli": (body(), {"HTTP_CONTENT_ENCODING": "br"}, 415, "unsupported_encoding"),
    "gzip twice": (body(), {"HTTP_CONTENT_ENCODING": "gzip, gzip"}, 415, "unsupported_encoding"),
    "no gzip": (body(), GZIP, 400, "bad_compression"),
    "cut short": (gzip.compress(body())[:-4], GZIP, 400, "bad_compression"),
    "a bomb": (
        gzip.compress(bytes(MOST_OPENED + 1), 9),
        GZIP,
        413,
        "too_large",
    ),
}


def test_each_bad_body_is_a_problem_of_its_own(api: Api, cast: Cast) -> None:
    found = {}
    for name, (sent, headers, _, _) in BODIES.items():
        answer = api.post(EXCHANGES, sent, key=cast.acme.ingest, **headers)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.body["status"] == answer.status
        assert answer.body["title"]
        assert answer.body["detail"]
        assert answer.body["retryable"] is False
        found[name] = (answer.status, answer.code)
    assert found == {name: (status, code) for name, (_, _, status, code) in BODIES.items()}


class Endless(BytesIO):
    """A body that never ends, and counts how much of it was asked for."""

    given = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size > 0
        self.given += size
        return bytes(size)


def test_a_body_without_an_end_is_not_read_for_ever(api: Api, cast: Cast) -> None:
    endless = Endless()
    chunked: Any = {"wsgi.input": endless, "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = api.post(EXCHANGES, b"", key=cast.acme.ingest, **chunked)
    assert (answer.status, answer.code) == (413, "too_large")
    assert endless.given < 4 * MOST_SENT


def test_a_length_that_lies_is_no_trouble(api: Api, cast: Cast) -> None:
    lying: Any = {"wsgi.input": BytesIO(body(short())), "CONTENT_LENGTH": str(10**17)}
    answer = api.post(EXCHANGES, b"", key=cast.acme.ingest, **lying)
    assert answer.body["receipt"]["stored"] == 1


def test_a_length_that_is_none_is_no_trouble(api: Api, cast: Cast) -> None:
    for length in ("", "x", "-1", "1e9", "²"):
        sent = body(short())
        answer = api.post(EXCHANGES, sent, key=cast.acme.ingest, CONTENT_LENGTH=length)
        assert (answer.status, answer.code) == (400, "malformed_json")


def test_a_body_that_breaks_off_is_a_problem(api: Api, cast: Cast) -> None:
    class BrokenOff(BytesIO):
        def read(self, *_: object) -> bytes:
            raise OSError("connection reset")

    broken: Any = {"wsgi.input": BrokenOff(), "wsgi.input_terminated": True, "CONTENT_LENGTH": ""}
    answer = api.post(EXCHANGES, b"", key=cast.acme.ingest, **broken)
    assert (answer.status, answer.code, answer.body["retryable"]) == (400, "unreadable_body", True)


TROUBLE: dict[str, Exception] = {
    "storage_full": StorageFull(),
    "missing_partition": MissingPartition(),
    "busy": Busy(),
    "database_unavailable": OperationalError("could not connect to server at 10.0.0.1"),
}


def test_trouble_inside_asks_to_send_again_and_says_no_more(
    api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code, trouble in TROUBLE.items():
        monkeypatch.setattr(views.ingest, "store", Mock(side_effect=trouble))
        answer = api.send(short(), key=cast.acme.ingest)
        assert (answer.status, answer.code) == (503, code)
        assert int(answer.headers["Retry-After"]) > 0
        assert answer.body["retryable"] is True
        assert b"10.0.0.1" not in answer.raw


class Unforeseen(RetentionError):
    """Nobody gave this code a status."""

    code = "unforeseen"


def test_p12_what_nobody_foresaw_is_a_problem_and_quotes_nothing(
    api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for trouble in (ValueError("a secret word"), Unforeseen("a secret word")):
        monkeypatch.setattr(views.ingest, "store", Mock(side_effect=trouble))
        answer = api.send(short(), key=cast.acme.ingest)
        assert (answer.status, answer.code) == (500, "internal_error")
        assert b"secret" not in answer.raw
    assert "secret" not in "".join(capfd.readouterr())


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(
        st.dictionaries(st.sampled_from([*shapes.Exchange.model_fields, "x"]), ANYTHING) | ANYTHING,
        max_size=6,
    )
)
def test_whatever_is_sent_each_item_gets_its_result(api: Api, cast: Cast, items: list[Any]) -> None:
    sent = []
    for number, item in enumerate(items):
        changed = short(id=f"n{number}") | item if isinstance(item, dict) else item
        sent.append(_written(changed))
    answer = api.post(EXCHANGES, raw_body(*sent), key=cast.acme.ingest)
    assert answer.status == 200
    assert len(answer.body["results"]) == len(items)
    assert {result["status"] for result in answer.body["results"]} <= {
        *("stored", "duplicate", "refused"),
    }


def _written(item: Any) -> bytes:
    """JSON as a careless client writes it: NaN, lone surrogates and huge numbers included."""
    return json.dumps(item).encode()
