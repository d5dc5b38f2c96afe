"""What was posted is nowhere to be read: not in a table, its WAL, the vault, a queue or a log."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test import Client

from compliance.devup import samples
from retention import clock
from retention.vault.envelope import Sealer
from tests.cast import Cast
from tests.conftest import Live

PHRASES = 200
SHORTEST = 24


def _same(text: str) -> str:
    return text


def _exchanges(count: int, say: Callable[[str], str]) -> list[dict[str, object]]:
    """Exchanges of this hour, each with texts of its own, said in a way of the test's own."""
    now = clock.now()
    found = []
    # A day that is over has all its samples, whatever the hour.
    yesterday = now.date() - timedelta(days=1)
    for number in range(count):
        [body] = [
            body
            for attempt in range(50)
            for body in samples.of_day(f"acme{number}-{attempt}", yesterday, until=now)
        ][:1] or [None]
        assert body is not None
        body = {name: value for name, value in body.items() if value is not None}
        body["occurred_at"] = now.isoformat()
        body.pop("delivered_at", None)
        body["response"] = {"text": f"The {number}th answer, and nobody else may ever read it."}
        for part in [*body["prompt"], body["response"]]:
            part["text"] = say(part["text"])
        found.append(body)
    return found


def _phrases(bodies: list[dict[str, object]]) -> list[bytes]:
    """Texts as they were posted, long enough to be found nowhere by chance."""
    found = []
    for body in bodies:
        for part in [*body["prompt"], body["response"]]:  # type: ignore[misc]
            lines = [line.strip() for line in part["text"].splitlines()]
            # A ruled line stands in many a file.
            telling = [x for x in lines if len(x) >= SHORTEST and len(set(x)) > 8]
            plain = [x for x in telling if json.dumps(x)[1:-1] == x]
            found += [line.encode() for line in plain[:1]]
    return list(dict.fromkeys(found))[:PHRASES]


def _places(live: Live) -> Iterator[Path]:
    with connection.cursor() as cursor:
        cursor.execute("CHECKPOINT")
        cursor.execute("SHOW data_directory")
        yield Path(cursor.fetchone()[0])
    yield live.vault.parent
    yield settings.STATE_DIR


def _found(phrases: list[bytes], live: Live) -> set[bytes]:
    """Which phrases stand anywhere in the files of any store."""
    missing = set(phrases)
    for place in _places(live):
        for folder, _, names in os.walk(place):
            for name in names:
                path = Path(folder, name)
                if path.is_file():
                    content = path.read_bytes()
                    missing -= {phrase for phrase in missing if phrase in content}
    return set(phrases) - missing


@pytest.mark.skipif(
    not settings.DATABASES["default"].get("OPTIONS", {}).get("host", "").startswith("/"),
    reason="reads the server's own files, so it needs the embedded one",
)
class TestNoPlaintext:
    def _post(self, cast: Cast, say: Callable[[str], str] = _same) -> list[bytes]:
        bodies = _exchanges(80, say)
        answer = Client().post(
            "/api/v1/exchanges",
            {"exchanges": bodies},
            content_type="application/json",
            headers={"authorization": f"Bearer {cast.acme.ingest}"},
        )
        assert {result["status"] for result in answer.json()["results"]} == {"stored"}
        phrases = _phrases(bodies)
        assert len(phrases) >= PHRASES / 2
        return phrases

    def test_p3_no_phrase_of_a_posted_text_lies_in_any_file(self, live: Live, cast: Cast) -> None:
        assert _found(self._post(cast), live) == set()

    def test_the_search_finds_every_phrase_when_sealing_is_switched_off(
        self, live: Live, cast: Cast, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(Sealer, "seal", lambda sealer, record, field, plain: plain)
        # In words of its own: both tests write to files of the same server, in any order.
        phrases = self._post(cast, str.swapcase)
        assert _found(phrases, live) == set(phrases)
