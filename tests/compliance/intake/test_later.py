"""Parts that come after their exchange."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from compliance.intake import later
from compliance.intake.errors import InvalidFields
from retention.policies.rules import DataClass
from retention.records.parts import Usage


def test_a_later_response_is_one_part_with_its_numbers() -> None:
    part = later.response(
        {
            "part": "retry",
            "text": "Yes.",
            "finish_reason": "stop",
            "usage": {"input_tokens": 1, "output_tokens": 2},
            "latency_ms": 3,
        }
    )
    assert (part.data_class, part.name, part.size) == (DataClass.RESPONSE, "retry", 4)
    assert orjson.loads(part.content) == {"text": "Yes.", "finish_reason": "stop"}
    assert part.usage == Usage(1, 2, 3)


def test_a_later_evaluation_is_one_part_with_its_verdict() -> None:
    part = later.evaluation({"verdict": "false_positive", "score": 1})
    assert (part.data_class, part.name, part.verdict) == (
        DataClass.EVALUATION,
        "1",
        "false_positive",
    )
    assert orjson.loads(part.content) == {"verdict": "false_positive", "score": 1.0}


def test_a_later_part_is_what_the_same_part_would_have_been_at_once() -> None:
    assert (
        later.response({"text": "No."}).content
        == later.response({"part": "2", "text": "No.", "latency_ms": 7}).content
    )


UNSEEN = "is empty or has characters that are not allowed here"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ([], {"item": ["must be an object"]}),
        (None, {"item": ["must be an object"]}),
        ({}, {"item": ["needs a text or a finish_reason"]}),
        ({"text": 1}, {"text": ["must be a text"]}),
        ({"text": "a\0"}, {"text": ["must not contain the NUL character"]}),
        ({"text": "", "part": "x" * 65}, {"part": ["must have at most 64 characters"]}),
        ({"text": "", "part": ""}, {"part": [UNSEEN]}),
        ({"text": "", "part": 1}, {"part": ["must be a text"]}),
        ({"text": "", "verdict": "x"}, {"verdict": ["is not known here"]}),
    ],
)
def test_a_later_response_is_refused_by_field(body: Any, errors: dict[str, list[str]]) -> None:
    with pytest.raises(InvalidFields) as refusal:
        later.response(body)
    assert refusal.value.facts["errors"] == errors


def test_an_evaluation_says_something() -> None:
    with pytest.raises(InvalidFields):
        later.evaluation({"part": "1"})


def test_the_news_of_a_return_says_nothing_more() -> None:
    later.returned({})
    for body in ({"delivered_at": "2026-11-22T10:00:00Z"}, [], None):
        with pytest.raises(InvalidFields):
            later.returned(body)


def test_a_tool_call_has_no_text_and_a_whole_number_may_have_a_point() -> None:
    part = later.response({"text": None, "finish_reason": "tool_calls", "latency_ms": 1400.0})
    assert part.content == b'{"finish_reason":"tool_calls","text":""}'
    assert part.usage.latency_ms == 1400
    for wrong in ({"finish_reason": None}, {"text": "x", "latency_ms": 1.5}, {}):
        with pytest.raises(InvalidFields):
            later.response(wrong)
