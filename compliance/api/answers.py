"""What the API answers, as plain values: the words of the contract and nothing beyond them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID, uuid4

import orjson

from compliance.intake.exchanges import Refused
from retention.errors import ContentMismatch
from retention.expiry.models import DeletionRecord
from retention.policies.history import Binding, Standing
from retention.policies.models import PolicyPeriod
from retention.policies.queries import Terms
from retention.policies.rules import DataClass, Profile, expires_on, in_force
from retention.records.deliver import Delivered
from retention.records.parts import Outcome, Status, Usage
from retention.records.queries import ExchangeView, RecordView

Answer = dict[str, Any]
CLASSES = list(DataClass)


def batch(results: list[Answer]) -> Answer:
    """The answer to a batch. `stored` was committed before this is said."""
    stored = [result for result in results if result["status"] == Status.STORED]
    receipt = {
        "id": uuid4(),
        "stored": len(stored),
        "records": sum(len(result["records"]) for result in stored),
    }
    return {"results": results, "receipt": receipt}


def unread(refused: Refused) -> Answer:
    """An item that never reached the engine; sending it again as it is will not help."""
    return {
        "id": refused.external_id,
        "status": Status.REFUSED,
        "code": refused.code,
        "retryable": False,
        "errors": refused.errors,
    }


def outcome(of: Outcome) -> Answer:
    """What became of one exchange or of one later part."""
    if of.status is Status.REFUSED:
        return {
            "id": of.external_id,
            "status": of.status,
            "code": of.code,
            "retryable": of.retryable,
        } | _standing(of)
    return {
        "id": of.external_id,
        "status": of.status,
        "exchange": of.exchange,
        "clock_day": of.clock_day,
        "records": [
            {"id": kept.id, "class": kept.data_class, "expires_on": kept.expires_on}
            for kept in sorted(of.records, key=lambda kept: CLASSES.index(kept.data_class))
        ],
        "dropped": [{"class": gone.data_class, "code": gone.code} for gone in of.dropped],
        "flags": of.flags,
    }


def _standing(refused: Outcome) -> Answer:
    """Other content under the same id: which exchange stands there."""
    if refused.code != ContentMismatch.code:
        return {}
    return {"exchange": refused.exchange, "clock_day": refused.clock_day}


def delivered(done: Delivered) -> Answer:
    """The snippets are gone: how many, and when that was said first."""
    return {
        "exchange": done.exchange,
        "clock_day": done.clock_day,
        "deleted": done.deleted,
        "delivered_at": done.delivered_at,
    }


def exchange(view: ExchangeView, contents: Mapping[UUID, bytes] | None = None) -> Answer:
    """One exchange with what may be read of it today; with `contents` its content too."""
    call = view.call
    return {
        "id": view.external_id,
        "exchange": view.exchange,
        "clock_day": view.clock_day,
        "occurred_at": view.occurred_at,
        "received_at": view.received_at,
        "purpose": call.purpose,
        "subprocessor": call.subprocessor,
        "model": call.model,
        "account": call.account,
        "endpoint": call.endpoint,
        "source": {"provider": call.provider, "repository": call.repository},
        "flags": view.flags,
        "delivered_at": view.delivered_at,
        "records": [_record(record, contents) for record in view.records],
    }


def _record(record: RecordView, contents: Mapping[UUID, bytes] | None) -> Answer:
    answer: Answer = {
        "id": record.id,
        "class": record.data_class,
        "part": record.part,
        "size": record.size,
        "received_at": record.received_at,
        "expires_on": record.expires_on,
        **_usage(record.usage),
    }
    if record.verdict:
        answer["verdict"] = record.verdict
    if contents is not None:
        content = contents.get(record.id)
        # It is JSON already: it goes into the answer as it was unsealed.
        answer["content"] = None if content is None else orjson.Fragment(content)
    return answer


def _usage(usage: Usage) -> Answer:
    numbers = {
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "latency_ms": usage.latency_ms,
    }
    return {name: value for name, value in numbers.items() if value is not None}


def deletion(record: DeletionRecord) -> Answer:
    """One deletion record: what went, when it became unreadable, when it was removed."""
    return {
        "id": record.id,
        "clock_day": record.clock_day,
        "kind": record.kind,
        "counts": record.counts,
        "keys_destroyed_at": record.keys_destroyed_at,
        "rows_removed_at": record.rows_removed_at,
        "entry": record.entry_id,
        "signed_at": record.entry.signed_at,
    }


def deletion_with_cells(record: DeletionRecord) -> Answer:
    """The same with the cells it lists."""
    cells = [
        {
            "class": cell.data_class,
            "retain_days": cell.retain_days,
            "expires_on": cell.expires_on,
            "records": cell.purged,
        }
        for cell in sorted(record.cells.all(), key=lambda cell: (cell.data_class, cell.retain_days))
    ]
    return deletion(record) | {"cells": cells}


def policy(known: Sequence[Binding], terms: Terms, *, today: date) -> Answer:
    """What applies today and what comes: versions, profile, and the dates that follow from them."""
    spans = terms.spans()
    return {
        "in_force": _first(known, Standing.IN_FORCE),
        "pending": _first(known[::-1], Standing.PENDING),
        "profile": _profile(terms, today),
        "if_sent_today": [
            {
                "class": data_class,
                "expires_on": expires_on(
                    clock_day=today, data_class=data_class, retain_days=0, spans=spans, today=today
                ),
            }
            for data_class in CLASSES
        ],
    }


def _first(known: Sequence[Binding], standing: Standing) -> Answer | None:
    return next((version(found) for found in known if found.standing is standing), None)


def _profile(terms: Terms, today: date) -> str:
    span = in_force([span for span, _ in terms.profiles], today)
    return next((name for candidate, name in terms.profiles if candidate is span), Profile.STANDARD)


def version(found: Binding) -> Answer:
    """One policy version as it binds this customer."""
    of = found.version
    return {
        "version": of.number,
        "standing": found.standing,
        "given_on": found.given_on,
        "effective_on": found.effective_on,
        "periods": [
            {
                "class": row.data_class,
                "months": row.months,
                "days": row.days,
                "or_when_delivered": row.or_when_delivered,
            }
            for row in sorted(
                of.periods.all(), key=lambda row: CLASSES.index(DataClass(row.data_class))
            )
        ],
        "scope": {"context_lines": of.context_lines, "whole_files": of.whole_files},
        "text": of.text,
    }


def _order(period: PolicyPeriod) -> int:
    return CLASSES.index(DataClass(period.data_class))
