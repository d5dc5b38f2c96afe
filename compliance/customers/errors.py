"""What customers and their keys can be refused for."""

from __future__ import annotations

from compliance.errors import ComplianceError


class UnknownKey(ComplianceError):
    """This API key does not exist or was revoked."""

    code = "unknown_key"


class StaleKey(ComplianceError):
    """The API key was revoked before."""

    code = "stale_key"


class NoScope(ComplianceError):
    """An API key may send, read or both, never nothing."""

    code = "no_scope"


class BadEnvironment(ComplianceError):
    """An environment is a short word of lower-case letters, digits and hyphens."""

    code = "bad_environment"


class BadName(ComplianceError):
    """A customer has a name of 1 to 200 characters."""

    code = "bad_name"


class StaleCustomer(ComplianceError):
    """The customer is no longer in the state from which this step leads."""

    code = "stale_customer"


class BadNoticeDays(ComplianceError):
    """A notice runs for 30 to 366 full days."""

    code = "bad_notice_days"


class StaleContact(ComplianceError):
    """The contact was ended before."""

    code = "stale_contact"
