"""How often a key may ask, with Valkey and without."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import redis

from compliance.api import buckets, limits
from compliance.api.buckets import Buckets, LocalBuckets, Rate, SharedBuckets
from tests.cast import Cast
from tests.compliance.api.conftest import EXCHANGES, Api
from tests.compliance.intake.sent import short

SLOW = Rate("test", 4)
NOBODY = "redis+socket:///nowhere/valkey.sock"


@pytest.fixture(params=["shared", "local"])
def kept(request: pytest.FixtureRequest, settings: Any) -> Iterator[Buckets]:
    if request.param == "local":
        yield LocalBuckets()
        return
    url = limits.shared_url(settings.CELERY_BROKER_URL)
    assert url is not None
    shared = SharedBuckets(url)
    yield shared
    shared._client.close()


def test_a_bucket_gives_as_many_as_it_holds_and_says_when_to_come_again(kept: Buckets) -> None:
    owner = uuid4().hex
    granted = [kept.take(owner, SLOW) for _ in range(4)]
    assert [budget.granted for budget in granted] == [True] * 4
    assert [budget.left for budget in granted] == [3, 2, 1, 0]
    refused = kept.take(owner, SLOW)
    assert not refused.granted
    assert 1 <= refused.wait <= 15
    assert 45 < refused.full_in <= 60


def test_what_is_given_back_can_be_taken_again(kept: Buckets) -> None:
    owner = uuid4().hex
    for _ in range(4):
        kept.take(owner, SLOW)
    kept.take(owner, SLOW, -1)
    assert [kept.take(owner, SLOW).granted for _ in range(2)] == [True, False]


def test_a_bucket_never_holds_more_than_it_is_deep(kept: Buckets) -> None:
    owner = uuid4().hex
    kept.take(owner, SLOW, -1)
    assert sum(kept.take(owner, SLOW).granted for _ in range(8)) == 4


def test_a_bucket_fills_again(kept: Buckets) -> None:
    owner, quick = uuid4().hex, Rate("test", 6_000_000)
    for _ in range(50):
        assert kept.take(owner, quick).granted


def test_buckets_are_apart_by_owner_and_by_name(kept: Buckets) -> None:
    owner, other = uuid4().hex, uuid4().hex
    for _ in range(4):
        kept.take(owner, SLOW)
    assert not kept.take(owner, SLOW).granted
    assert kept.take(other, SLOW).granted
    assert kept.take(owner, Rate("else", 4)).granted


def test_old_buckets_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "MOST_BUCKETS_HERE", 3)
    local, quick = LocalBuckets(), Rate("test", 600_000_000)
    for number in range(100):
        local.take(str(number), quick)
    assert len(local._full_at) < 50


def test_addresses_of_brokers() -> None:
    assert limits.shared_url("redis+socket:///a%20b/v.sock?virtual_host=1") == "unix:///a b/v.sock"
    for url in ("redis://h:6379/0", "rediss://:secret@h:6379/0"):
        assert limits.shared_url(url) == url
    for url in ("memory://", "amqp://h"):
        assert limits.shared_url(url) is None


def test_without_valkey_each_process_counts_for_itself(
    api: Api, cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.CELERY_BROKER_URL = NOBODY
    settings.RATES_PER_MINUTE = {"ingest": 2, "read": 1, "lookup": 1}
    assert [api.send(short(), key=cast.acme.ingest).status for _ in range(3)] == [200, 200, 429]
    asked: list[object] = []
    counter = limits._counter_for(NOBODY)
    monkeypatch.setattr(SharedBuckets, "take", lambda *_: asked.append(1))
    counter.take("x", SLOW)
    assert not asked, "for some seconds nobody waits for it again"


def test_ingest_goes_on_when_valkey_is_away(api: Api, cast: Cast, settings: Any) -> None:
    settings.CELERY_BROKER_URL = NOBODY + "2"
    for number in range(5):
        sent = api.send(short(id=f"n{number}"), key=cast.acme.ingest)
        assert sent.body["receipt"]["stored"] == 1


def test_it_asks_valkey_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    shared = SharedBuckets("unix:///nowhere")
    counter, asked = limits.Counter(shared), []

    def away(*_: object) -> None:
        asked.append(1)
        raise redis.ConnectionError

    monkeypatch.setattr(shared, "take", away)
    monkeypatch.setattr(limits, "PAUSE_SECONDS", 0.0)
    for _ in range(3):
        counter.take("x", SLOW)
    assert len(asked) == 3


def test_every_answer_says_what_is_left(api: Api, cast: Cast, settings: Any) -> None:
    settings.RATES_PER_MINUTE = {"ingest": 7, "read": 5, "lookup": 0}
    sent = api.send(short(), key=cast.acme.ingest)
    assert sent.headers["RateLimit-Policy"] == '"ingest";q=7;w=60'
    assert re.fullmatch(r'"ingest";r=6;t=9', sent.headers["RateLimit"])
    read = api.get(f"{EXCHANGES}/nothing", key=cast.acme.read, day="2026-11-22")
    assert read.status == 404
    assert read.headers["RateLimit-Policy"] == '"read";q=5;w=60'


def test_one_request_too_many_is_told_when_to_come_again(
    api: Api, cast: Cast, settings: Any
) -> None:
    settings.RATES_PER_MINUTE = {"ingest": 0, "read": 2, "lookup": 0}
    found = [api.get(EXCHANGES, key=cast.acme.read) for _ in range(3)]
    assert [answer.status for answer in found] == [200, 200, 429]
    refused = found[-1]
    assert (refused.code, refused.body["retryable"]) == ("rate_limited", True)
    assert 1 <= int(refused.headers["Retry-After"]) <= 30
    assert refused.headers["RateLimit"].startswith('"read";r=0;t=')
    assert api.get(EXCHANGES, key=cast.borealis.read).status == 200
    unlimited = api.send(short(), key=cast.acme.ingest)
    assert unlimited.status == 200
    assert "RateLimit" not in unlimited.headers


def test_an_own_id_without_its_day_is_looked_up_seldom(api: Api, cast: Cast, settings: Any) -> None:
    settings.RATES_PER_MINUTE = {"ingest": 0, "read": 0, "lookup": 2}
    old = short(id="old", occurred_at="2026-09-01T10:00:00Z")
    api.send(short(id="today"), old, key=cast.acme.ingest)
    near, far = f"{EXCHANGES}/today", f"{EXCHANGES}/old"
    assert {api.get(near, key=cast.acme.read).status for _ in range(5)} == {200}
    assert [api.get(far, key=cast.acme.read).status for _ in range(3)] == [200, 200, 429]
    refused = api.get(far, key=cast.acme.read)
    assert "name the day" in refused.body["detail"]
    assert api.get(far, key=cast.acme.read, day="2026-09-01").status == 200
    part = {"text": "x", "part": "2"}
    later = [api.post(f"{far}/response", part, key=cast.acme.ingest) for _ in range(3)]
    assert [answer.status for answer in later] == [200, 200, 429]
