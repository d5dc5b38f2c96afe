"""Exchanges as intake hands them to the engine."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from retention.policies.rules import DataClass
from retention.records.parts import Call, NewExchange, Part

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


def part(data_class: DataClass, text: str, name: str = "1", **more: Any) -> Part:
    """A part whose content is one text."""
    return Part(data_class, orjson.dumps({"text": text}), len(text.encode()), name, **more)


def exchange(
    external_id: str = "triage-1",
    *,
    at: datetime = NOON,
    response: str | None = "Yes, because the value comes from the request.",
    snippets: tuple[str, ...] = ("query = f'select {value}'",),
    evaluation: str | None = None,
    prompt: str = "Is this a true positive?",
    **more: Any,
) -> NewExchange:
    """An exchange with a prompt, and what else is asked for."""
    parts = [part(DataClass.SNIPPET, text, str(i + 1)) for i, text in enumerate(snippets)]
    if response is not None:
        parts.append(part(DataClass.RESPONSE, response))
    if evaluation is not None:
        parts.append(part(DataClass.EVALUATION, evaluation, verdict=evaluation))
    return NewExchange(
        external_id=external_id,
        occurred_at=at,
        call=Call("triage", "openai", "gpt-5.1", "proj_a1", "responses", "github", "acme/payments"),
        body=orjson.dumps([external_id, prompt, snippets, response, evaluation]),
        prompt=part(DataClass.PROMPT, prompt),
        outline=lambda: part(DataClass.PROMPT, ""),
        parts=tuple(parts),
        **more,
    )
