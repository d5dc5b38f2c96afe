"""What an acceptance of our terms can be refused for."""

from __future__ import annotations

from compliance.errors import ComplianceError


class BadAcceptance(ComplianceError):
    """An acceptance names a version of the terms, a day that has come, and who accepted."""

    code = "bad_acceptance"
