"""GET /api/v1/deletions: the proof of what is gone."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from retention.expiry import guard, sweep
from tests.cast import Cast
from tests.compliance.api.conftest import DELETIONS, Api
from tests.compliance.intake.sent import short

DAYS = ("2026-11-20", "2026-11-21", "2026-11-22")
LATER = datetime(2027, 6, 1, tzinfo=UTC)


@pytest.fixture
def swept(api: Api, cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Api:
    """Acme's exchanges of three days and one of Borealis, all gone half a year later."""
    for day in DAYS:
        sent = short(id=day, occurred_at=f"{day}T10:00:00Z")
        assert api.send(sent, key=cast.acme.ingest).body["receipt"]["stored"] == 1
    api.send(short(), key=cast.borealis.ingest)
    # The test's clock is not the database's: the guard would rightly refuse.
    monkeypatch.setattr(guard, "check", lambda: None)
    with time_machine.travel(LATER, tick=False):
        sweep.sweep()
    return api


def test_p3_what_is_gone_has_a_signed_deletion_record(swept: Api, cast: Cast) -> None:
    listed = swept.get(DELETIONS, key=cast.acme.read)
    assert listed.status == 200
    assert sorted(record["clock_day"] for record in listed.body["results"]) == list(DAYS)
    first = listed.body["results"][0]
    assert first["kind"] == "expiry"
    assert sum(first["counts"].values()) == 2
    assert first["keys_destroyed_at"] <= first["rows_removed_at"] <= first["signed_at"]
    one = swept.get(f"{DELETIONS}/{first['id']}", key=cast.acme.read)
    assert one.status == 200
    assert {name: one.body[name] for name in first} == first
    assert {cell["class"]: cell["records"] for cell in one.body["cells"]} == {
        "prompt": 1,
        "response": 1,
    }
    assert {cell["expires_on"] for cell in one.body["cells"]} <= {
        *("2027-05-20", "2027-05-21", "2027-05-22"),
    }


def test_p15_each_customer_sees_its_own_deletions(swept: Api, cast: Cast) -> None:
    mine = swept.get(DELETIONS, key=cast.acme.read).body["results"]
    theirs = swept.get(DELETIONS, key=cast.borealis.read).body["results"]
    assert len(theirs) == 1
    assert not {record["id"] for record in mine} & {record["id"] for record in theirs}
    foreign = swept.get(f"{DELETIONS}/{mine[0]['id']}", key=cast.borealis.read)
    assert (foreign.status, foreign.code) == (404, "unknown_deletion")


def test_deletions_are_filtered_by_clock_day_and_come_in_pages(swept: Api, cast: Cast) -> None:
    narrowed = swept.get(
        DELETIONS, key=cast.acme.read, **{"from": "2026-11-21", "to": "2026-11-21"}
    )
    assert [record["clock_day"] for record in narrowed.body["results"]] == ["2026-11-21"]
    page = swept.get(DELETIONS, key=cast.acme.read, limit="2")
    assert len(page.body["results"]) == 2
    rest = swept.get(page.body["next"], key=cast.acme.read)
    assert len(rest.body["results"]) == 1
    assert rest.body["next"] is None


def test_bad_parameters_and_unknown_records(api: Api, cast: Cast) -> None:
    for query, code in (
        ({"cursor": "739942-x"}, "bad_cursor"),
        ({"from": "x"}, "invalid_parameter"),
        ({"class": "prompt"}, "invalid_parameter"),
    ):
        answer = api.get(DELETIONS, key=cast.acme.read, **query)
        assert (answer.status, answer.code) == (400, code)
    for name in ("x", "6f1c7a36-7a52-4a3f-8f4e-1c9e3d1b2a10", "%00", "x" * 500):
        answer = api.get(f"{DELETIONS}/{name}", key=cast.acme.read)
        assert (answer.status, answer.code) == (404, "unknown_deletion")
