"""What is refused, field by field, in plain words and without repeating what was sent."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from compliance.intake import shapes
from compliance.intake.bodies import Unreadable
from compliance.intake.exchanges import LARGEST_EXCHANGE, Refused, read
from tests.compliance.intake.sent import short
from tests.compliance.intake.test_exchanges import SNIPPET, TEXT_PART, taken


def refused(item: Any) -> Refused:
    read_item = read(item)
    assert isinstance(read_item, Refused), read_item
    return read_item


_OK: Any = object()
LONG = "x" * 201
LARGEST = "must be at most 2147483647"
UNSEEN = "is empty or has characters that are not allowed here"
LIMITS: list[tuple[str, Any, Any]] = [
    ("id", "x" * 200, _OK),
    ("id", "a b/c?d=ü#%", _OK),
    ("id", "🧿", _OK),
    ("id", "", UNSEEN),
    ("id", LONG, "must have at most 200 characters"),
    ("id", " x", UNSEEN),
    ("id", "x\n", UNSEEN),
    ("id", "a\0b", UNSEEN),
    ("id", "a\u202eb", UNSEEN),
    ("id", "a\u2028b", UNSEEN),
    ("id", "a\ud800b", "must be valid Unicode, without lone surrogates"),
    ("id", 7, "must be a text"),
    ("id", None, "must be a text"),
    ("id", ..., "is required"),
    ("occurred_at", ..., "is required"),
    ("occurred_at", "2026-11-22T10:00:00", "must have an offset from UTC, such as Z or +01:00"),
    ("occurred_at", "0001-01-01T00:00:00Z", "must lie in the years 2000 to 9998"),
    ("occurred_at", "9999-12-31T23:59:59-10:00", "is not a time that exists"),
    ("occurred_at", 1795341600, "must be a time such as 2026-11-22T10:00:00Z"),
    ("delivered_at", "yesterday", "must be a time such as 2026-11-22T10:00:00Z"),
    ("subprocessor", ..., "is required"),
    ("subprocessor", "", "must not be empty"),
    ("subprocessor", LONG, "must have at most 200 characters"),
    ("model", ..., "is required"),
    ("model", "gpt\n5", UNSEEN),
    ("purpose", "", _OK),
    ("purpose", "a\x1bb", UNSEEN),
    ("account", LONG, "must have at most 200 characters"),
    ("endpoint", 1, "must be a text"),
    ("latency_ms", 0, _OK),
    ("latency_ms", 2**31 - 1, _OK),
    ("latency_ms", 2**31, LARGEST),
    ("latency_ms", -1, "must be at least 0"),
    ("latency_ms", 10**30, LARGEST),
    ("latency_ms", 1e30, "must be a whole number"),
    ("latency_ms", 1.0, "must be a whole number"),
    ("latency_ms", True, "must be a whole number"),
    ("latency_ms", "7", "must be a whole number"),
    ("retain_days", 1, _OK),
    ("retain_days", 184, _OK),
    ("retain_days", 0, "must be at least 1"),
    ("retain_days", 185, "must be at most 184"),
    ("retain_days", -1, "must be at least 1"),
    ("retain_days", True, "must be a whole number"),
    ("retain_days", 30.0, "must be a whole number"),
    ("retain_days", "30", "must be a whole number"),
    ("prompt", "text", "must be a list"),
    ("prompt", {}, "must be a list"),
    ("prompt", [TEXT_PART] * 1000, _OK),
    ("prompt", [TEXT_PART] * 1001, "must have at most 1000 entries"),
    ("response", "text", "must be an object"),
    ("response", {}, "needs a text or a finish_reason"),
    ("evaluation", {}, "needs a verdict, a score or feedback"),
    ("usage", [], "must be an object"),
    ("source", "acme", "must be an object"),
    ("zero_retention", {}, _OK),
    ("zero_retention", {"store": False, "days": 0, "mode": "zdr", "a.b-c": "x"}, _OK),
    ("zero_retention", True, "must be an object"),
    ("zero_retention", {str(n): n for n in range(21)}, "must have at most 20 entries"),
    ("zero_retention", {"x" * 65: 1}, "must have short names of letters, digits and _"),
]
_SHORT_VALUES = "must hold only true, false, whole numbers and short texts"
LIMITS += [
    ("zero_retention", {"store": value}, _SHORT_VALUES)
    for value in ([], {}, None, 1.5, "x" * 201, "a\0", "a\nb", 2**31)
]
NESTED: list[tuple[str, dict[str, Any], Any]] = [
    ("prompt[0]", {"prompt": ["x"]}, "must be an object"),
    ("prompt[0]", {"prompt": [{"text": "x"}]}, "must have the type text or snippet"),
    ("prompt[0]", {"prompt": [{"type": "code"}]}, "must have the type text or snippet"),
    ("prompt[0].text", {"prompt": [{"type": "text"}]}, "is required"),
    ("prompt[1].text", {"prompt": [TEXT_PART, SNIPPET | {"text": 1}]}, "must be a text"),
    (
        "prompt[0].text",
        {"prompt": [SNIPPET | {"text": "a\0b"}]},
        "must not contain the NUL character",
    ),
    (
        "prompt[0].text",
        {"prompt": [TEXT_PART | {"text": "\udc00"}]},
        "must be valid Unicode, without lone surrogates",
    ),
    ("prompt[0]", {"prompt": [SNIPPET | {"start_line": 3}]}, "must not end before it starts"),
    ("prompt[0].start_line", {"prompt": [SNIPPET | {"start_line": 0}]}, "must be at least 1"),
    ("prompt[0].end_line", {"prompt": [SNIPPET | {"end_line": 2**31}]}, LARGEST),
    (
        "prompt[0].path",
        {"prompt": [SNIPPET | {"path": "x" * 4097}]},
        "must have at most 4096 characters",
    ),
    ("prompt[0].lang", {"prompt": [SNIPPET | {"lang": "py"}]}, "is not known here"),
    ("prompt[0].path", {"prompt": [TEXT_PART | {"path": "a"}]}, "is not known here"),
    ("response.text", {"response": {"text": 7}}, "must be a text"),
    ("response.text", {"response": {"text": "\0"}}, "must not contain the NUL character"),
    ("response.role", {"response": {"text": "", "role": "x"}}, "is not known here"),
    ("usage.input_tokens", {"usage": {"input_tokens": -1}}, "must be at least 0"),
    ("usage.output_tokens", {"usage": {"output_tokens": 2**63}}, LARGEST),
    ("evaluation.score", {"evaluation": {"score": 1.01}}, "must be at most 1"),
    ("evaluation.score", {"evaluation": {"score": -0.5}}, "must be at least 0"),
    ("evaluation.score", {"evaluation": {"score": True}}, "must be a number"),
    ("evaluation.score", {"evaluation": {"score": "1"}}, "must be a number"),
    ("evaluation.score", {"evaluation": {"score": float("nan")}}, "must be a finite number"),
    (
        "evaluation.verdict",
        {"evaluation": {"verdict": "Anna said yes"}},
        UNSEEN,
    ),
    (
        "evaluation.feedback",
        {"evaluation": {"feedback": "x" * 10001}},
        "must have at most 10000 characters",
    ),
    ("source.path", {"source": {"path": "a\0b"}}, UNSEEN),
    ("finding.start_line", {"finding": {"start_line": "1"}}, "must be a whole number"),
    ("finding", {"finding": {"start_line": 9, "end_line": 8}}, "must not end before it starts"),
    ("retain_day", {"retain_day": 3}, "is not known here"),
    ("customer", {"customer": "borealis"}, "is not known here"),
    ("(unreadable name)", {"a sentence of code": 1}, "is not known here"),
    ("item", {"response": ...}, "needs a prompt or a response"),
    ("item", {"response": None, "prompt": []}, "needs a prompt or a response"),
]


@pytest.mark.parametrize(("field", "value", "complaint"), LIMITS)
def test_each_field_has_its_limits(field: str, value: Any, complaint: Any) -> None:
    item = short(**{field: value})
    if complaint is _OK:
        taken(item)
    else:
        assert refused(item).errors == {field: [complaint]}


@pytest.mark.parametrize(("path", "changes", "complaint"), NESTED)
def test_a_complaint_names_the_field_by_its_path(
    path: str, changes: dict[str, Any], complaint: str
) -> None:
    assert refused(short(**changes)).errors == {path: [complaint]}


def test_all_that_is_missing_is_told_at_once() -> None:
    needed = {name: ["is required"] for name in ("id", "occurred_at", "subprocessor", "model")}
    assert refused({}).errors == {**needed, "item": ["needs a prompt or a response"]}
    assert refused({"prompt": [], "response": None}).errors == refused({}).errors


def test_what_is_there_and_wrong_is_not_called_missing() -> None:
    assert set(refused(short(model=..., prompt=7, response=...)).errors) == {"model", "prompt"}
    assert set(refused(short(model=...)).errors) == {"model"}


@pytest.mark.parametrize("item", [None, 1, "x", [], [short()], True, 1.5])
def test_what_is_no_object_is_refused(item: Any) -> None:
    assert refused(item) == Refused(None, {"item": ["must be an object"]})


def test_an_unreadable_item_keeps_its_id_and_the_reason() -> None:
    assert refused(Unreadable("x", "is not JSON")) == Refused("x", {"item": ["is not JSON"]})
    assert refused(Unreadable("a\0", "is not JSON")).external_id is None


def test_the_id_is_repeated_only_where_it_would_have_been_accepted() -> None:
    assert refused(short(model=...)).external_id == "triage-1"
    for bad in ("", LONG, "a\0b", 7, None, ["x"]):
        assert refused(short(model=..., id=bad)).external_id is None


def test_p12_complaints_never_repeat_what_was_sent() -> None:
    secret = "s3cr3t-value"
    for field, nested in itertools.product(shapes.Exchange.model_fields, (False, True)):
        value = [{secret: secret}] if nested else secret * 1000
        errors = read(short(**{field: value, secret: secret}))
        assert isinstance(errors, Refused)
        assert secret not in str(errors)


def test_at_most_twenty_complaints_are_made() -> None:
    errors = refused(short(prompt=[{"type": "text"}] * 1000)).errors
    assert len(errors) == 20


def test_an_exchange_larger_than_8_mib_is_refused_by_itself() -> None:
    taken(short(response={"text": "x" * (LARGEST_EXCHANGE - 500)}))
    found = refused(short(response={"text": "x" * LARGEST_EXCHANGE}))
    assert found.errors == {"item": ["must have at most 8 MiB"]}
