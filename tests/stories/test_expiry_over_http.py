"""What a customer meets over HTTP when its exchanges come to their end."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.test import Client

from retention import clock, tasks
from retention.expiry import partitions
from retention.policies.rules import ceiling
from retention.records.identity import day_of
from tests.cast import Cast, Company
from tests.retention.expiry.agreement import faults, unfinished
from tests.retention.expiry.scenes import midnight

# A moment is as long as a deletion run may take on a busy machine: the clock goes on meanwhile.
DAY, MOMENT = timedelta(days=1), timedelta(minutes=1)


class Backend:
    """A product's backend, and its auditor with the reading key."""

    def __init__(self, company: Company) -> None:
        self.company, self.client = company, Client()

    def send(self, name: str, at: datetime, **more: Any) -> dict[str, Any]:
        item = {
            "id": name,
            "occurred_at": at.isoformat(),
            "purpose": "triage",
            "subprocessor": "openai",
            "model": "gpt-5.1",
            "prompt": [
                {"type": "text", "text": "Is this a true positive?"},
                {
                    "type": "snippet",
                    "path": "src/pay.py",
                    "start_line": 5,
                    "end_line": 6,
                    "text": "query = f'select {value}'",
                },
            ],
            "response": {"text": "Yes."},
            **more,
        }
        answer = self.client.post(
            "/api/v1/exchanges",
            orjson.dumps({"exchanges": [item]}),
            content_type="application/json",
            headers={"authorization": f"Bearer {self.company.ingest}"},
        )
        assert answer.status_code == 200, answer.content
        [result] = orjson.loads(answer.content)["results"]
        assert isinstance(result, dict)
        return result

    def get(self, path: str) -> tuple[int, dict[str, Any]]:
        answer = self.client.get(
            f"/api/v1/{path}", headers={"authorization": f"Bearer {self.company.read}"}
        )
        return answer.status_code, orjson.loads(answer.content)

    def classes(self, exchange: str) -> set[str]:
        """The kinds of data that can be read of it."""
        status, found = self.get(f"exchanges/{exchange}")
        assert status == 200, found
        return {record["class"] for record in found["records"]}


@pytest.fixture
def demonstration(settings: Any) -> None:
    """A state whose clock can be moved."""
    settings.DEMO = True


@pytest.fixture
def acme(cast: Cast, demonstration: None) -> Backend:
    return Backend(cast.acme)


@pytest.fixture
def borealis(cast: Cast, demonstration: None) -> Backend:
    return Backend(cast.borealis)


def test_p3_a_response_can_be_read_until_its_day_and_then_answers_gone_and_is_proved_gone(
    acme: Backend, borealis: Backend
) -> None:
    clock.advance(to=clock.today() + DAY)
    partitions.ensure(clock.today())
    day = clock.today()
    sent = acme.send("triage-1", clock.now())
    others = borealis.send("triage-1", clock.now(), retain_days=184)
    end = ceiling(day)
    assert {
        record["expires_on"] for record in sent["records"] if record["class"] == "response"
    } == {end.isoformat()}

    clock.advance(to=midnight(end) - MOMENT)
    tasks.tick()
    assert acme.classes(sent["exchange"]) == {"prompt", "response"}

    clock.advance(to=midnight(end))
    for path in (f"exchanges/{sent['exchange']}", f"exchanges/triage-1?day={day}"):
        status, problem = acme.get(path)
        assert (status, problem["code"]) == (410, "deleted_as_promised"), "before any run"
    assert acme.get("exchanges")[1]["results"] == []

    before = acme.get(f"deletions?from={day}&to={day}")[1]["results"]
    tasks.tick()
    after = acme.get(f"deletions?from={day}&to={day}")[1]["results"]
    [proof] = [found for found in after if found not in before]
    assert proof["clock_day"] == day.isoformat()
    assert proof["counts"] == {"prompt": 1, "response": 1}
    assert acme.get(f"deletions/{proof['id']}")[0] == 200
    assert borealis.get(f"deletions/{proof['id']}")[0] == 404, "P15"
    assert acme.get(f"exchanges/{sent['exchange']}")[0] == 410, "and after it"
    assert borealis.get(f"exchanges/{others['exchange']}")[0] == 410
    assert faults(end) == unfinished(end) == []


def test_p13_code_that_was_never_delivered_is_gone_the_next_day_and_the_answer_stays(
    acme: Backend,
) -> None:
    clock.advance(to=midnight(clock.today() + 2 * DAY) - timedelta(hours=1))
    partitions.ensure(clock.today())
    sent = acme.send("triage-1", clock.now())
    assert acme.classes(sent["exchange"]) == {"prompt", "snippet", "response"}
    clock.advance(to=clock.today() + DAY)
    assert acme.classes(sent["exchange"]) == {"prompt", "response"}, "before any run"
    tasks.tick()
    assert acme.classes(sent["exchange"]) == {"prompt", "response"}
    [proof] = acme.get("deletions")[1]["results"]
    assert proof["counts"] == {"snippet": 1}


def test_p3_forty_days_without_a_scheduler_disclose_nothing_and_are_caught_up_by_one_tick(
    acme: Backend,
) -> None:
    sent = {}
    for retain in (10, 20, 30, 60):
        sent[retain] = acme.send(f"kept-{retain}", clock.now(), retain_days=retain)["exchange"]
    clock.advance(by=40 * DAY)
    answers = {retain: acme.get(f"exchanges/kept-{retain}?day={_day_of(sent)}") for retain in sent}
    assert {retain: status for retain, (status, _) in answers.items()} == {
        10: 404,
        20: 404,
        30: 404,
        60: 200,
    }
    tasks.tick()
    today = clock.today()
    assert faults(today) == unfinished(today) == []
    assert acme.classes(sent[60]) == {"prompt", "response"}
    [proof] = acme.get("deletions")[1]["results"]
    assert proof["counts"] == {"prompt": 3, "snippet": 4, "response": 3}


def _day_of(sent: dict[int, str]) -> str:
    return day_of(UUID(sent[10])).isoformat()


def test_p16_who_keeps_as_little_as_possible_is_forgotten_after_thirty_days(
    cast: Cast, demonstration: None
) -> None:
    cygnus = Backend(cast.cygnus)
    sent = cygnus.send("triage-1", clock.now())
    assert [drop["code"] for drop in sent["dropped"]] == ["profile"]
    day = clock.today()
    clock.advance(to=midnight(day + 30 * DAY) - MOMENT)
    tasks.tick()
    assert cygnus.classes(sent["exchange"]) == {"prompt", "response"}
    clock.advance(to=day + 30 * DAY)
    assert cygnus.get(f"exchanges/{sent['exchange']}")[0] == 410
    tasks.tick()
    [proof] = cygnus.get("deletions")[1]["results"]
    assert proof["counts"] == {"prompt": 1, "response": 1}
