"""Bodies that are not what they should be: each is answered, none with a fault of ours."""

from __future__ import annotations

import gzip
import random
import zlib
from collections import Counter
from collections.abc import Iterator

import orjson
import pytest
import zstandard

from tests.cast import Cast
from tests.compliance.api.conftest import EXCHANGES, JSON, Api
from tests.compliance.intake.sent import contract, short

PATHS = (EXCHANGES, *(f"{EXCHANGES}/m/{part}" for part in ("response", "evaluation", "delivered")))
ENCODINGS = ("", "gzip", "zstd", "identity", "br", "gzip, gzip", "\x7f", "GZIP ")
TYPES = (
    JSON,
    "text/plain",
    "application/json; charset=utf-16",
    "",
    "*/*",
    "application/x+json",
    "é",
)
SCRAPS = (b"", b"null", b"0", b"[]", b"{}", b'"', b"{", b"]", b"\xff\xfe", b"\0", b"NaN", b"1e999")


def bodies(chance: random.Random) -> Iterator[tuple[str, bytes, dict[str, str]]]:
    """Sound bodies, damaged in every way that came to mind, for ever."""
    while True:
        sound = orjson.dumps({"exchanges": [contract(id=str(chance.random())), short()]})
        if chance.random() < 0.3:
            sound = orjson.dumps({"text": "Yes.", "part": str(chance.random())})
        body, encoding = damaged(sound, chance), chance.choice(ENCODINGS)
        if encoding == "gzip":
            body = gzip.compress(body, 1)
        elif encoding == "zstd":
            body = zstandard.compress(body, 1)
        elif chance.random() < 0.05:
            body = zlib.compress(body)
        if encoding and chance.random() < 0.3:
            body = damaged(body, chance)
        headers = {"content_type": chance.choice((JSON, JSON, JSON, *TYPES))}
        if encoding:
            headers["HTTP_CONTENT_ENCODING"] = encoding
        yield chance.choice(PATHS), body, headers


def damaged(body: bytes, chance: random.Random) -> bytes:
    at, length = chance.randrange(len(body) + 1), chance.randrange(1, 40)
    match chance.randrange(8):
        case 0:
            return body[:at]
        case 1:
            return body[:at] + body[at + length :]
        case 2:
            return body[:at] + chance.randbytes(length) + body[at:]
        case 3:
            return body[:at] + chance.choice(SCRAPS) + body[at + length :]
        case 4:
            return body[:at] + body[at : at + length] * chance.randrange(2, 2000) + body[at:]
        case 5:
            return chance.choice((b"[", b'{"a":', b'{"exchanges":[')) * chance.randrange(1, 5000)
        case 6:
            return body.replace(chance.choice((b'"', b":", b",", b"2026", b"text")), b"", 1)
    return chance.choice(SCRAPS) + body + chance.choice(SCRAPS)


def answered(api: Api, cast: Cast, *, many: int, seed: int) -> Counter[int]:
    """How often each status was answered; every error is a problem."""
    found: Counter[int] = Counter()
    made = bodies(random.Random(seed))
    for number in range(many):
        path, body, headers = next(made)
        answer = api.post(path, body, key=cast.acme.ingest, **headers)
        assert answer.status < 500, (seed, number, path, body[:200], headers, answer.body)
        if answer.status != 200:
            assert answer.headers["Content-Type"] == "application/problem+json"
            assert answer.body["status"] == answer.status
        found[answer.status] += 1
    return found


def test_five_hundred_malformed_bodies_are_all_answered(api: Api, cast: Cast) -> None:
    found = answered(api, cast, many=500, seed=1)
    assert {200, 400, 404, 415} <= set(found)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_ten_thousand_malformed_bodies_are_all_answered(
    api: Api, cast: Cast, settings: object
) -> None:
    settings.RATES_PER_MINUTE = {"ingest": 0, "read": 0, "lookup": 0}  # type: ignore[attr-defined]
    found = answered(api, cast, many=10_000, seed=2)
    assert found.total() == 10_000
