"""What is an alarm: each condition on both sides of its limit."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from compliance.alarms.kinds import KINDS, Kind, Seen, holding
from compliance.health.figures import Backlog, Figures, reserve
from retention.expiry.models import TickPart

NOW = datetime(2026, 11, 22, 10, tzinfo=UTC)


def part(name: str, **facts: object) -> TickPart:
    return TickPart(name=name, came_at=NOW - timedelta(minutes=1), **facts)


WELL = Figures(
    readable=Backlog(), rows=Backlog(), unsigned=Backlog(), blocked=0, missing_days=0,
    days_ahead=14, clock_alarm="", parts={"deletion": part("deletion")}, copy_age=None, disks={},
)  # fmt: skip


def found(**changed: object) -> set[str]:
    return holding(Seen(replace(WELL, **changed), at=NOW))  # type: ignore[arg-type]


def waited(seconds: float) -> Backlog:
    return Backlog(1, seconds)


def came(minutes: float) -> dict[str, TickPart]:
    return {"deletion": TickPart(name="deletion", came_at=NOW - timedelta(minutes=minutes))}


def failing(code: str) -> dict[str, TickPart]:
    return {"deletion": part("deletion"), "copy": part("copy", failure=code, failing_since=NOW)}


def counted(wrong: int) -> dict[str, TickPart]:
    return {"deletion": part("deletion"), "count": part("count", facts={"wrong": wrong})}


LIMITS = [
    ("deletion_overdue", {"readable": waited(901)}, {"readable": waited(900)}),
    ("removal_overdue", {"rows": waited(86_401)}, {"rows": waited(86_400)}),
    ("no_deletion_run", {"parts": came(10.1)}, {"parts": came(9.9)}),
    ("no_deletion_run", {"parts": {}}, {"parts": came(0)}),
    ("clock_not_trusted", {"clock_alarm": "jumped"}, {}),
    ("count_mismatch", {"blocked": 1}, {}),
    ("count_mismatch", {"parts": counted(1)}, {"parts": counted(0)}),
    ("day_missing", {"missing_days": 1}, {}),
    ("log_unsigned", {"unsigned": waited(301)}, {"unsigned": waited(300)}),
    ("key_copy_old", {"copy_age": 3601.0}, {"copy_age": 3600.0}),
    ("key_copy_old", {"copy_age": float("inf")}, {}),
    ("disk_low", {"disks": {"vault": 3 * reserve() - 1}}, {"disks": {"vault": 3 * reserve()}}),
    ("disk_full", {"disks": {"vault": reserve() - 1}}, {"disks": {"vault": reserve()}}),
    ("minute_failing", {"parts": failing("failed")}, {"parts": failing("")}),
]


@pytest.mark.parametrize(("code", "beyond", "within"), LIMITS)
def test_each_alarm_has_its_limit(
    code: str, beyond: dict[str, object], within: dict[str, object]
) -> None:
    assert code in found(**beyond)
    assert code not in found(**within)


def test_when_all_is_well_nothing_alarms() -> None:
    assert found() == set()


def test_services_that_do_not_answer_alarm() -> None:
    assert holding(Seen(WELL, NOW, failed=frozenset({"vault", "broker"}))) == {
        "keys_unreachable",
        "queue_unreachable",
    }
    assert holding(Seen(WELL, NOW, keys_lost=True)) == {"keys_unreachable"}


def test_a_suspect_clock_is_one_alarm_and_not_three() -> None:
    parts = came(60) | {"deletion": TickPart(name="deletion", failure="clock_suspect")}
    assert found(clock_alarm="jumped", parts=parts) == {"clock_not_trusted"}


def test_every_alarm_is_tried_here() -> None:
    tried = {code for code, _, _ in LIMITS} | {"keys_unreachable", "queue_unreachable"}
    assert tried == set(KINDS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_its_words_are_whole_sentences_of_plain_text(kind: Kind) -> None:
    assert not kind.title.endswith(".")
    assert kind.means.endswith(".")
    assert kind.do.endswith(".")
    assert (kind.title + kind.means + kind.do).isascii()


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.code)
def test_it_asks_nobody_to_type_a_command_or_to_know_a_setting(kind: Kind) -> None:
    words = f"{kind.title} {kind.means} {kind.do}"
    assert not re.search(r"manage\.py|--\w|[A-Z]+_[A-Z]+|health page", words)
    assert re.search(r"whoever runs the service", kind.do)
