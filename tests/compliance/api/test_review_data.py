"""Two thousand exchanges made from real code, as a product's backend would post them."""

from __future__ import annotations

import gzip
import json
import os
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cast import Cast
from tests.compliance.api.conftest import NOON, Api

# Not part of the tree: a folder beside it, or wherever REVIEW_DATA says.
DATA = Path(os.environ.get("REVIEW_DATA", Path(__file__).parents[4] / "shared" / "data"))
EXCHANGES = DATA / "exchanges.jsonl.gz"
BATCH = 500


@pytest.fixture
def exchanges() -> list[dict[str, Any]]:
    if not EXCHANGES.exists():
        pytest.skip(f"no review data at {EXCHANGES}")
    with gzip.open(EXCHANGES) as lines:
        items = [json.loads(line) for line in lines]
    for item in items:
        at = NOON - timedelta(hours=item.pop("age_hours"))
        item["occurred_at"] = at.isoformat()
    return items


def test_p1_real_exchanges_are_stored_once_and_only_once(
    api: Api, cast: Cast, exchanges: list[dict[str, Any]]
) -> None:
    first, second = (post(api, cast, exchanges) for _ in range(2))
    assert Counter(result["status"] for result in first) == {"stored": len(exchanges)}
    assert Counter(result["status"] for result in second) == {"duplicate": len(exchanges)}
    assert [result["id"] for result in first] == [item["id"] for item in exchanges]
    dropped = Counter((gone["class"], gone["code"]) for one in first for gone in one["dropped"])
    assert set(dropped) == {("snippet", "expired_on_arrival")}
    kept = Counter(record["class"] for result in first for record in result["records"])
    assert kept["prompt"] == kept["response"] == len(exchanges)
    assert kept["snippet"] + dropped.total() == len(exchanges)


def post(api: Api, cast: Cast, exchanges: list[dict[str, Any]]) -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = []
    for start in range(0, len(exchanges), BATCH):
        batch = exchanges[start : start + BATCH]
        results += api.send(*batch, key=cast.acme.ingest).body["results"]
    return results
