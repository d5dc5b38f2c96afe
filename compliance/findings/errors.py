"""What is refused about findings."""

from __future__ import annotations

from compliance.errors import ComplianceError


class FindingRefused(ComplianceError):
    """A finding cannot be decided like that."""

    code = "finding_refused"


class UnknownKind(ComplianceError):
    """There is no kind of finding with that code."""

    code = "unknown_kind"
