"""What can be refused about webhooks."""

from __future__ import annotations

from compliance.errors import ComplianceError


class BadEndpoint(ComplianceError):
    """A webhook is an https:// address with a public host name, and without a password in it."""

    code = "bad_endpoint"


class NotPublic(ComplianceError):
    """This host name leads to an address that is not public."""

    code = "address_not_public"


class StaleEndpoint(ComplianceError):
    """The webhook was ended before."""

    code = "stale_endpoint"
