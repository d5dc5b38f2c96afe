"""What a product's backend sends: the contract's own example, and smaller ones."""

from __future__ import annotations

import copy
from typing import Any

import orjson
from hypothesis import strategies as st

CONTRACT = {
    "id": "triage-8f3c",
    "occurred_at": "2026-11-22T10:00:00Z",
    "purpose": "triage",
    "subprocessor": "openai",
    "model": "gpt-5.1",
    "account": "proj_a1",
    "endpoint": "responses",
    "zero_retention": {"store": False},
    "source": {
        "provider": "github",
        "repository": "acme/payments",
        "commit": "9f1c…",
        "path": "src/pay.py",
    },
    "finding": {"id": "F-77", "rule": "python.sql-injection", "start_line": 10, "end_line": 12},
    "prompt": [
        {"type": "text", "text": "Is this a true positive?"},
        {"type": "snippet", "path": "src/pay.py", "start_line": 5, "end_line": 20, "text": "…"},
    ],
    "response": {"text": "Yes, because …", "finish_reason": "stop"},
    "usage": {"input_tokens": 812, "output_tokens": 95},
    "latency_ms": 1400,
    "evaluation": {"verdict": "true_positive", "score": 0.93, "feedback": "accepted"},
    "retain_days": 30,
    "delivered_at": "2026-11-22T10:00:02Z",
}


def contract(**changes: Any) -> dict[str, Any]:
    """The contract's example with other fields; a field set to `...` is left out."""
    return _changed(copy.deepcopy(CONTRACT), changes)


def short(**changes: Any) -> dict[str, Any]:
    """The least that is an exchange."""
    least = {
        "id": "triage-1",
        "occurred_at": "2026-11-22T10:00:00Z",
        "subprocessor": "openai",
        "model": "gpt-5.1",
        "response": {"text": "No."},
    }
    return _changed(least, changes)


def body(*items: Any) -> bytes:
    """A request's body with these items."""
    return orjson.dumps({"exchanges": items})


def raw_body(*items: bytes) -> bytes:
    """A request's body with items that need not be JSON."""
    return b'{"exchanges": [' + b", ".join(items) + b"]}"


def _changed(item: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in (item | changes).items() if value is not ...}


# Whatever a JSON parser can give, and what Python can hold beyond that.
INSTANT = st.just("2026-11-22T10:00:00Z")
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | INSTANT
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "text", "path", "id", "start_line", "verdict"]) | st.text(),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)
