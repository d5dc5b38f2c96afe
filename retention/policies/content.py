"""What a version says, as one number: what was approved is what is announced and applied."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import rfc8785

from retention.errors import ContentChanged
from retention.policies.models import PolicyVersion


def digest(version: PolicyVersion) -> str:
    """SHA-256 over the canonical JSON (RFC 8785) of rules, scope and every text, in hex."""
    periods = {
        row.data_class: {
            "months": row.months,
            "days": row.days,
            "or_when_delivered": row.or_when_delivered,
        }
        for row in version.periods.order_by("data_class")
    }
    content: dict[str, Any] = {
        "rules": periods,
        "scope": {"context_lines": version.context_lines, "whole_files": version.whole_files},
        "purpose": version.purpose,
        "exceptions": version.exceptions,
        "places": version.places,
        "text": version.text,
    }
    return sha256(rfc8785.dumps(content)).hexdigest()


def check(version: PolicyVersion) -> None:
    """Raise `ContentChanged` when the version says something else than what was approved.

    Version 1 came with the service and was approved by nobody: it has no hash.
    """
    if version.content_hash != digest(version) and (version.number, version.approved_by) != (
        1,
        None,
    ):
        raise ContentChanged
