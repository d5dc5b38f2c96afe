"""Why a list of customers cannot be read at all."""

from __future__ import annotations

from compliance.errors import ComplianceError


class Unreadable(ComplianceError):
    """This file is no list of customers."""

    code = "unreadable_list"
