"""Every refusal on the promises' side: one class each, with a stable code, like the engine's."""

from __future__ import annotations

from retention.errors import RetentionError


class ComplianceError(RetentionError):
    """The request was refused."""

    code = "refused"
