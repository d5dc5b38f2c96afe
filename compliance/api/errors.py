"""Every refusal as an RFC 9457 problem: here, and only here, a code gets its HTTP status.

A problem never repeats what was sent and never says what went wrong inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

import django.db
import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions as rest
from rest_framework.response import Response

from compliance.api.problems import KINDS
from compliance.errors import ComplianceError
from retention.errors import RetentionError

PROBLEM = "application/problem+json"
CHALLENGE = 'Bearer realm="Sandglass"'
log = structlog.get_logger("compliance.api")


class MissingScope(ComplianceError):
    """This key may not do that: it needs another scope."""

    code = "scope_missing"


class CustomerSuspended(ComplianceError):
    """This customer is suspended or leaving: nothing new is taken in."""

    code = "customer_suspended"


class InvalidParameter(ComplianceError):
    """A query parameter is not as expected."""

    code = "invalid_parameter"


class BadCursor(ComplianceError):
    """This cursor was not made here: take `next` of the page before as it is."""

    code = "bad_cursor"


class UnreadableBody(ComplianceError):
    """The body broke off while it was read: nothing of it was kept."""

    code = "unreadable_body"
    retryable = True


class UnsupportedMediaType(ComplianceError):
    """The body must be JSON: send it as application/json."""

    code = "unsupported_media_type"


class UnknownDeletion(ComplianceError):
    """This customer has no deletion record with that id."""

    code = "unknown_deletion"


class UnknownNotice(ComplianceError):
    """This customer has no notice with that id."""

    code = "unknown_notice"


class CsrfRefused(ComplianceError):
    """A session's request that changes something needs the token of one of our pages."""

    code = "csrf_refused"


class CustomerNotChosen(ComplianceError):
    """You act for several customers: choose one at /portal/choose/ first."""

    code = "customer_not_chosen"


class RoleMissing(ComplianceError):
    """This is for an admin or a legal contact of the customer."""

    code = "role_missing"


class DatabaseUnavailable(RetentionError):
    """The database cannot be reached: send again."""

    code = "database_unavailable"
    retryable = True


class NotFound(ComplianceError):
    """There is nothing at this address."""

    code = "not_found"


class MethodNotAllowed(ComplianceError):
    """This address does not know that method."""

    code = "method_not_allowed"


class ErasureNotAvailable(ComplianceError):
    """Deletion on request is not built yet: nothing was deleted. It goes on its own date."""

    code = "erasure_not_available"


class RateLimited(ComplianceError):
    """Too many requests with this key: wait for as many seconds as Retry-After says."""

    code = "rate_limited"
    retryable = True

    def __init__(self, message: str = "", *, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(message)
        self.headers = headers or {}


class NotAcceptable(ComplianceError):
    """Answers are JSON: accept application/json."""

    code = "not_acceptable"


class MissingKey(ComplianceError):
    """An API key is needed: send `Authorization: Bearer sg_…`."""

    code: ClassVar[str] = "unknown_key"


class BadRequest(ComplianceError):
    """The request cannot be understood."""

    code = "bad_request"


# Inside these are told apart; to whoever asks each is one of the codes in `problems`.
_INSIDE = {"key_gone": 410, "erased": 410}
STATUS: Mapping[str, int] = {
    **{kind.code: kind.status for kind in KINDS.values() if kind.status is not None},
    **_INSIDE,
}
# Seconds after which it is worth trying again: locks pass, partitions are made every minute.
RETRY_AFTER = {"busy": 1, "vault_busy": 1, "database_unavailable": 5, "storage_full": 300}
RETRY_AFTER_OTHERWISE = 30

# What the frameworks raise, as one of ours.
_TRANSLATED: tuple[tuple[type[Exception], type[RetentionError]], ...] = (
    (Http404, NotFound),
    (rest.NotFound, NotFound),
    (rest.MethodNotAllowed, MethodNotAllowed),
    (rest.NotAcceptable, NotAcceptable),
    (rest.NotAuthenticated, MissingKey),
    (rest.AuthenticationFailed, MissingKey),
    (rest.PermissionDenied, MissingScope),
    (PermissionDenied, MissingScope),
    (rest.APIException, BadRequest),
    (SuspiciousOperation, BadRequest),
    (django.db.OperationalError, DatabaseUnavailable),
    (django.db.InterfaceError, DatabaseUnavailable),
)


def handle(error: Exception, context: Mapping[str, Any]) -> Response:
    """The problem for any exception at all: what nobody foresaw is a 500 and a line in the log."""
    refusal = _as_refusal(error)
    if refusal is None or refusal.code not in STATUS:
        log.error("request failed", exc_info=error)
        return _response(500, "internal_error", "Something went wrong on our side.", retryable=True)
    status = STATUS[refusal.code]
    if status >= 500:
        log.warning("request refused", code=refusal.code)
    return _response(
        status,
        _public_code(refusal.code),
        _detail(refusal),
        retryable=refusal.retryable,
        headers=_headers(refusal, status, context),
        **_told(refusal),
    )


def problem(status: int, code: str, detail: str, *, retryable: bool, **told: Any) -> dict[str, Any]:
    """The problem details; `code` is stable, `detail` is for people."""
    return {
        "type": KINDS[code].address,
        "title": KINDS[code].title,
        "status": status,
        "detail": detail,
        "code": code,
        "retryable": retryable,
        **told,
    }


def _as_refusal(error: Exception) -> RetentionError | None:
    if isinstance(error, RetentionError):
        return error
    for theirs, ours in _TRANSLATED:
        if isinstance(error, theirs):
            return ours()
    return None


def _public_code(code: str) -> str:
    """A key that is gone and a record that is gone are one thing to whoever asks."""
    return "deleted_as_promised" if code in ("key_gone", "erased") else code


def _detail(refusal: RetentionError) -> str:
    if STATUS[refusal.code] != 410:
        return str(refusal)
    on = refusal.facts.get("gone_on")
    if isinstance(on, date):
        day = refusal.facts["day"]
        return (
            f"Whatever there was of {_in_words(day)} was deleted as promised on {_in_words(on)}. "
            "Ids are not kept, so nothing is said about this one."
        )
    return "Deleted as promised."


def _in_words(day: object) -> str:
    return f"{day:%-d %B %Y}"


def _told(refusal: RetentionError) -> dict[str, Any]:
    """The facts that a client can act on; an exception may carry others that stay inside."""
    return {name: refusal.facts[name] for name in ("errors",) if name in refusal.facts}


def _headers(refusal: RetentionError, status: int, context: Mapping[str, Any]) -> dict[str, str]:
    view, code = context.get("view"), refusal.code
    if status == 401:
        return {"WWW-Authenticate": CHALLENGE}
    if status == 405 and view is not None:
        return {"Allow": ", ".join(view.allowed_methods)}
    if code == "unsupported_encoding":
        return {"Accept-Encoding": "gzip, zstd, identity"}
    if status == 503:
        return {"Retry-After": str(RETRY_AFTER.get(code, RETRY_AFTER_OTHERWISE))}
    if isinstance(refusal, RateLimited):
        return dict(refusal.headers)
    return {}


def _response(
    status: int,
    code: str,
    detail: str,
    *,
    retryable: bool,
    headers: dict[str, str] | None = None,
    **told: Any,
) -> Response:
    answer = problem(status, code, detail, retryable=retryable, **told)
    return Response(answer, status=status, headers=headers, content_type=PROBLEM)
