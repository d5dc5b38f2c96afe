"""One item becomes what the engine takes, or a refusal that says what is wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.intake import shapes
from compliance.intake.exchanges import Refused, read
from retention.policies.rules import DataClass
from retention.records.parts import Call, NewExchange, Part, Usage
from tests.compliance.intake.sent import ANYTHING, CONTRACT, contract, short

CODE = "password = input()  # тест"
TEXT_PART = {"type": "text", "text": "Is this a true positive?"}
SNIPPET = {"type": "snippet", "text": CODE, "path": "a.py", "start_line": 1, "end_line": 2}


def taken(item: Any, **options: Any) -> NewExchange:
    read_item = read(item, **options)
    assert isinstance(read_item, NewExchange), read_item
    return read_item


def one(new: NewExchange, data_class: DataClass) -> Part:
    [part] = [part for part in new.parts if part.data_class is data_class]
    return part


def content(part: Part) -> Any:
    return orjson.loads(part.content)


# ---- what is taken


def test_p1_the_contracts_example_becomes_its_parts() -> None:
    new = taken(contract())
    assert new.external_id == "triage-8f3c"
    assert new.occurred_at == datetime(2026, 11, 22, 10, tzinfo=UTC)
    assert new.delivered_at == datetime(2026, 11, 22, 10, 0, 2, tzinfo=UTC)
    assert new.retain_days == 30
    assert new.flags == ()
    assert new.call == Call(
        "triage", "openai", "gpt-5.1", "proj_a1", "responses", "github", "acme/payments"
    )
    assert [part.data_class for part in new.parts] == ["snippet", "response", "evaluation"]


def test_the_prompt_keeps_texts_and_of_the_code_only_place_and_size() -> None:
    new = taken(contract(prompt=[TEXT_PART, SNIPPET]))
    assert content(new.prompt) == {
        "prompt": [
            TEXT_PART,
            {
                "type": "snippet",
                "part": "2",
                "path": "a.py",
                "start_line": 1,
                "end_line": 2,
                "size": len(CODE.encode()),
            },
        ],
        "finding": CONTRACT["finding"],
        "source": {"commit": "9f1c…", "path": "src/pay.py"},
        "zero_retention": {"store": False},
    }
    assert new.prompt.size == len(TEXT_PART["text"])


def test_the_outline_is_the_prompt_without_any_text() -> None:
    new = taken(contract(prompt=[TEXT_PART, SNIPPET]))
    told = content(new.outline())
    assert told["prompt"][0] == {"type": "text", "size": len(TEXT_PART["text"])}
    assert told["prompt"][1] == content(new.prompt)["prompt"][1]
    assert {**told, "prompt": 0} == {**content(new.prompt), "prompt": 0}
    assert new.outline().size == 0
    assert new.outline().usage == new.prompt.usage


def test_p13_no_code_lies_in_prompt_or_outline_and_no_digest_of_it() -> None:
    marked = taken(contract(prompt=[TEXT_PART, SNIPPET]))
    again = taken(contract(prompt=[TEXT_PART, SNIPPET | {"text": CODE.upper()}]))
    assert marked.prompt == again.prompt
    assert marked.outline() == again.outline()


def test_every_marked_part_is_a_snippet_of_its_own_named_by_its_number() -> None:
    new = taken(short(prompt=[SNIPPET, TEXT_PART, SNIPPET | {"text": "x", "path": None}]))
    snippets = [part for part in new.parts if part.data_class is DataClass.SNIPPET]
    assert [part.name for part in snippets] == ["1", "3"]
    assert [part.size for part in snippets] == [len(CODE.encode()), 1]
    assert content(snippets[0]) == {"text": CODE, "path": "a.py", "start_line": 1, "end_line": 2}
    assert content(snippets[1]) == {"text": "x", "start_line": 1, "end_line": 2}


def test_p13_a_prompt_without_marked_code_is_code_as_a_whole() -> None:
    new = taken(short(prompt=[TEXT_PART, {"type": "text", "text": CODE}]))
    assert new.flags == ("code_not_marked",)
    snippet = one(new, DataClass.SNIPPET)
    assert content(snippet) == {"texts": [TEXT_PART["text"], CODE]}
    assert snippet.size == len(TEXT_PART["text"]) + len(CODE.encode())
    assert new.prompt == new.outline()
    assert CODE.encode() not in new.prompt.content


def test_a_customer_who_declared_that_texts_carry_no_code_keeps_them() -> None:
    new = taken(short(prompt=[TEXT_PART]), text_carries_no_code=True)
    assert new.flags == ()
    assert content(new.prompt) == {"prompt": [TEXT_PART]}
    assert [part.data_class for part in new.parts] == [DataClass.RESPONSE]


def test_response_and_evaluation_keep_what_was_said() -> None:
    new = taken(contract())
    response, evaluation = one(new, DataClass.RESPONSE), one(new, DataClass.EVALUATION)
    assert content(response) == CONTRACT["response"]
    assert response.size == len("Yes, because …".encode())
    assert content(evaluation) == CONTRACT["evaluation"]
    assert evaluation.verdict == "true_positive"
    assert evaluation.size == len("accepted")


def test_numbers_lie_beside_the_record_that_they_are_about() -> None:
    new = taken(contract())
    assert new.prompt.usage == Usage(input_tokens=812)
    assert one(new, DataClass.RESPONSE).usage == Usage(output_tokens=95, latency_ms=1400)
    alone = taken(contract(response=...))
    assert alone.prompt.usage == Usage(812, 95, 1400)


@pytest.mark.parametrize(
    ("changes", "flags"),
    [
        ({}, ()),
        ({"prompt": [SNIPPET]}, ("no_finding",)),
        ({"prompt": [SNIPPET], "finding": {}}, ("no_finding",)),
        ({"prompt": [SNIPPET], "finding": {"id": "F-1"}}, ()),
        ({"prompt": [SNIPPET], "finding": {"start_line": 3}}, ()),
        ({"prompt": [TEXT_PART]}, ("code_not_marked",)),
        ({"prompt": [{"type": "text", "text": ""}]}, ()),
        ({"response": {"text": ""}}, ("no_content",)),
        ({"response": {"finish_reason": "content_filter"}}, ("no_content",)),
        ({"response": ..., "prompt": [{"type": "text", "text": ""}]}, ("no_content",)),
        ({"response": ..., "prompt": [SNIPPET | {"text": ""}]}, ("no_finding", "no_content")),
    ],
)
def test_it_flags_what_an_officer_should_look_at(
    changes: dict[str, Any], flags: tuple[str, ...]
) -> None:
    assert taken(short(**changes)).flags == flags


def test_null_says_the_same_as_leaving_a_field_out() -> None:
    optional = [name for name in shapes.Exchange.model_fields if name not in short()]
    nulls = short(**dict.fromkeys(optional))
    with_nulls, without = taken(nulls), taken(short())
    assert with_nulls.outline() == without.outline()
    assert with_nulls._replace(outline=without.outline) == without


# ---- how a retry is recognised


@pytest.mark.parametrize(
    "same",
    [
        {"retain_days": 7},
        {"retain_days": ...},
        {"delivered_at": ...},
        {"occurred_at": "2026-11-22T12:00:00+02:00"},
        {"occurred_at": "2026-11-22T10:00:00.000Z"},
    ],
)
def test_a_retry_has_the_same_body(same: dict[str, Any]) -> None:
    assert taken(contract(**same)).body == taken(contract()).body
    assert taken(dict(reversed(contract().items()))).body == taken(contract()).body


@pytest.mark.parametrize(
    "other",
    [
        {"occurred_at": "2026-11-22T10:00:01Z"},
        {"model": "gpt-5.2"},
        {"prompt": [TEXT_PART]},
        {"prompt": [SNIPPET, TEXT_PART]},
        {"response": {"text": "No."}},
        {"evaluation": ...},
        {"latency_ms": 1},
    ],
)
def test_other_content_has_another_body(other: dict[str, Any]) -> None:
    assert taken(contract(**other)).body != taken(contract()).body


# ---- whatever comes


@given(st.dictionaries(st.sampled_from([*shapes.Exchange.model_fields, "x"]), ANYTHING))
def test_whatever_comes_is_taken_or_refused(changes: dict[str, Any]) -> None:
    for item in (changes, contract(**changes)):
        found = read(item)
        assert isinstance(found, NewExchange | Refused)
        if isinstance(found, Refused):
            orjson.dumps(found.errors)
