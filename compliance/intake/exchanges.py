"""One item of a body becomes what the engine takes, or a refusal that says what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import orjson
from pydantic import ValidationError

from compliance.intake import complaints, shapes
from compliance.intake.bodies import Unreadable
from compliance.intake.complaints import Complaints
from compliance.intake.prompts import (
    outline_of,
    prompt_of,
    snippets_of,
    whole_as_snippet,
)
from retention.policies.rules import DataClass
from retention.records.parts import NO_USAGE, Call, NewExchange, Part, Usage

# They say how long to keep and what was returned; neither is part of what was exchanged.
NOT_CONTENT = frozenset({"retain_days", "delivered_at"})
# Every part must fit into one sealed value, and one exchange must not fill a worker.
LARGEST_EXCHANGE = 8 * 1024 * 1024
_SORTED = orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z


@dataclass(frozen=True, slots=True)
class Refused:
    """An item that cannot be stored. `external_id` is None where it could not be read."""

    code: ClassVar[str] = "invalid"

    external_id: str | None
    errors: Complaints


def read(item: Any, *, text_carries_no_code: bool = False) -> NewExchange | Refused:
    """The exchange in this parsed item.

    `text_carries_no_code`: the customer declared that text parts of prompts hold no source code;
    without it a prompt in which nothing is marked as code is treated as code as a whole.
    """
    if isinstance(item, Unreadable):
        return Refused(_sayable(item.external_id), complaints.whole(item.reason))
    if not isinstance(item, dict):
        return Refused(None, complaints.whole("must be an object"))
    try:
        exchange = shapes.Exchange.model_validate(item)
    except ValidationError as error:
        return Refused(_sayable(item.get("id")), _everything_wrong(item, error))
    body = _body(item, exchange.occurred_at)
    if len(body) > LARGEST_EXCHANGE:
        return Refused(exchange.id, complaints.whole("must have at most 8 MiB"))
    return _converted(exchange, body, text_carries_no_code)


def _everything_wrong(item: dict[str, Any], error: ValidationError) -> Complaints:
    """With what is asked of the item as a whole, which is looked at only once its fields are well:
    nobody should need a second try to learn of it.
    """
    found = complaints.of(error)
    if item.get("prompt") in (None, []) and item.get("response") is None:
        found[complaints.WHOLE] = [shapes.NEEDS_SOMETHING]
    return found


def _converted(new: shapes.Exchange, body: bytes, text_carries_no_code: bool) -> NewExchange:
    snippets = snippets_of(new)
    unmarked = not snippets and not text_carries_no_code and _has_text(new)
    return NewExchange(
        external_id=new.id,
        occurred_at=new.occurred_at,
        call=_call(new),
        body=body,
        prompt=outline_of(new) if unmarked else prompt_of(new),
        outline=partial(outline_of, new),
        parts=(
            *([whole_as_snippet(new)] if unmarked else snippets),
            *([response_of(new.response, _response_usage(new))] if new.response else ()),
            *([evaluation_of(new.evaluation)] if new.evaluation else ()),
        ),
        retain_days=new.retain_days or 0,
        delivered_at=new.delivered_at,
        flags=_flags(new, marked=bool(snippets), unmarked=unmarked),
    )


def response_of(response: shapes.Response, usage: Usage = NO_USAGE, name: str = "1") -> Part:
    """The vendor's answer as one record."""
    content = {"text": response.text, "finish_reason": response.finish_reason}
    size = len(response.text.encode())
    return Part(DataClass.RESPONSE, _canonical(content), size, name=name, usage=usage)


def evaluation_of(evaluation: shapes.Evaluation, name: str = "1") -> Part:
    """The verdict on an answer as one record; its verdict lies in the clear."""
    content = {
        "verdict": evaluation.verdict,
        "score": evaluation.score,
        "feedback": evaluation.feedback,
    }
    size = len((evaluation.feedback or "").encode())
    verdict = evaluation.verdict or ""
    return Part(DataClass.EVALUATION, _canonical(content), size, name=name, verdict=verdict)


def _canonical(content: dict[str, Any]) -> bytes:
    return orjson.dumps({k: v for k, v in content.items() if v is not None}, option=_SORTED)


def _body(item: dict[str, Any], occurred_at: datetime) -> bytes:
    """What a retry is recognised by: everything sent but `NOT_CONTENT`, the time in UTC.

    A field that is null counts as not sent, as everywhere.
    """
    told = {k: v for k, v in item.items() if v is not None and k not in NOT_CONTENT}
    told["occurred_at"] = occurred_at
    return orjson.dumps(told, option=_SORTED)


def _call(new: shapes.Exchange) -> Call:
    source = new.source
    return Call(
        purpose=new.purpose or "",
        subprocessor=new.subprocessor,
        model=new.model,
        account=new.account or "",
        endpoint=new.endpoint or "",
        provider=(source and source.provider) or "",
        repository=(source and source.repository) or "",
    )


def _response_usage(new: shapes.Exchange) -> Usage:
    return Usage(
        output_tokens=new.usage.output_tokens if new.usage else None,
        latency_ms=new.latency_ms,
    )


def _has_text(new: shapes.Exchange) -> bool:
    return any(part.text for part in new.prompt or ())


def _has_finding(new: shapes.Exchange) -> bool:
    finding = new.finding
    return finding is not None and bool(finding.id or finding.rule or finding.start_line)


def _flags(new: shapes.Exchange, *, marked: bool, unmarked: bool) -> tuple[str, ...]:
    raised = {
        "code_not_marked": unmarked,
        "no_finding": marked and not _has_finding(new),
        "no_content": not _has_text(new) and not (new.response and new.response.text),
    }
    return tuple(flag for flag, up in raised.items() if up)


def _sayable(external_id: object) -> str | None:
    """An id is repeated in the answer only if it would have been accepted."""
    if isinstance(external_id, str) and shapes.could_be_an_id(external_id):
        return external_id
    return None
