"""A prompt, cut into what may be kept for months and what must be gone within a day.

The prompt keeps its texts. Of the code it keeps where it was and how much it was, never the code
and never a digest of it: from a digest a guess can be confirmed.
"""

from __future__ import annotations

from typing import Any

import orjson

from compliance.intake.shapes import Exchange, Shape, SnippetPart, TextPart
from retention.policies.rules import DataClass
from retention.records.parts import Part, Usage


def prompt_of(new: Exchange) -> Part:
    """The anchor: texts as they were sent, snippets by place and size."""
    kept = [
        _place(number, part)
        if isinstance(part, SnippetPart)
        else {"type": "text", "text": part.text}
        for number, part in enumerate(new.prompt or (), start=1)
    ]
    size = sum(_size(part.text) for part in new.prompt or () if isinstance(part, TextPart))
    return Part(DataClass.PROMPT, _about(new, kept), size, usage=_prompt_usage(new))


def outline_of(new: Exchange) -> Part:
    """The same without any text."""
    kept = [
        _place(number, part)
        if isinstance(part, SnippetPart)
        else {"type": "text", "size": _size(part.text)}
        for number, part in enumerate(new.prompt or (), start=1)
    ]
    return Part(DataClass.PROMPT, _about(new, kept), 0, usage=_prompt_usage(new))


def snippets_of(new: Exchange) -> list[Part]:
    """One record for each part that is marked as code, named by its number in the prompt."""
    return [
        Part(DataClass.SNIPPET, _snippet(part), _size(part.text), name=str(number))
        for number, part in enumerate(new.prompt or (), start=1)
        if isinstance(part, SnippetPart)
    ]


def whole_as_snippet(new: Exchange) -> Part:
    """A prompt in which nothing is marked as code: all of it may be code."""
    texts = [part.text for part in new.prompt or ()]
    content = orjson.dumps({"texts": texts}, option=orjson.OPT_SORT_KEYS)
    return Part(DataClass.SNIPPET, content, sum(map(_size, texts)))


def _place(number: int, part: SnippetPart) -> dict[str, Any]:
    place = {
        "type": "snippet",
        "part": str(number),
        "path": part.path,
        "start_line": part.start_line,
        "end_line": part.end_line,
        "size": _size(part.text),
    }
    return {key: value for key, value in place.items() if value is not None}


def _snippet(part: SnippetPart) -> bytes:
    told = {
        "text": part.text,
        "path": part.path,
        "start_line": part.start_line,
        "end_line": part.end_line,
    }
    content = {key: value for key, value in told.items() if value is not None}
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _about(new: Exchange, kept: list[dict[str, Any]]) -> bytes:
    """The prompt's parts with what else is sealed: finding, commit, path, the vendor's settings."""
    content: dict[str, Any] = {"prompt": kept}
    if new.finding is not None:
        content["finding"] = _told(new.finding)
    if new.source is not None and (new.source.commit or new.source.path):
        content["source"] = {k: v for k, v in _told(new.source).items() if k in ("commit", "path")}
    if new.zero_retention:
        content["zero_retention"] = new.zero_retention
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS)


def _told(flat: Shape) -> dict[str, Any]:
    """What was sent of an object without objects in it; pydantic's way is ten times as slow."""
    return {name: value for name, value in vars(flat).items() if value is not None}


def _size(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())


def _prompt_usage(new: Exchange) -> Usage:
    """Tokens in belong to the prompt; without a response everything else does too."""
    usage = new.usage
    if new.response is not None:
        return Usage(input_tokens=usage.input_tokens if usage else None)
    return Usage(
        input_tokens=usage.input_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        latency_ms=new.latency_ms,
    )
