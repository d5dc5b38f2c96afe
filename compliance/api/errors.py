"""Every refusal as an RFC 9457 problem: here, and only here, a code gets its HTTP status.

A problem never repeats what was sent and never says what went wrong inside.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from http import HTTPStatus
from typing import Any, ClassVar

import django.db
import structlog
from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.http import Http404
from rest_framework import exceptions as rest
from rest_framework.response import Response

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


class NotAcceptable(ComplianceError):
    """Answers are JSON: accept application/json."""

    code = "not_acceptable"


class MissingKey(ComplianceError):
    """An API key is needed: send `Authorization: Bearer sg_…`."""

    code: ClassVar[str] = "unknown_key"


class BadRequest(ComplianceError):
    """The request cannot be understood."""

    code = "bad_request"


STATUS: Mapping[str, int] = {
    "malformed_json": 400,
    "invalid": 400,
    "bad_compression": 400,
    "unreadable_body": 400,
    "invalid_parameter": 400,
    "bad_cursor": 400,
    "bad_request": 400,
    "unknown_key": 401,
    "scope_missing": 403,
    "customer_suspended": 403,
    "not_found": 404,
    "unknown_exchange": 404,
    "unknown_deletion": 404,
    "method_not_allowed": 405,
    "not_acceptable": 406,
    "content_mismatch": 409,
    "deleted_as_promised": 410,
    "erased": 410,
    "key_gone": 410,
    "too_large": 413,
    "too_many_exchanges": 413,
    "unsupported_encoding": 415,
    "unsupported_media_type": 415,
    "expired_on_arrival": 422,
    "no_version_in_force": 503,
    "missing_partition": 503,
    "storage_full": 503,
    "busy": 503,
    "vault_busy": 503,
    "vault_unavailable": 503,
    "key_missing": 503,
    "seal_broken": 500,
    "too_large_to_seal": 413,
    "root_key_refused": 503,
    "database_unavailable": 503,
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
        headers=_headers(refusal.code, status, context),
        **_told(refusal),
    )


def problem(status: int, code: str, detail: str, *, retryable: bool, **told: Any) -> dict[str, Any]:
    """The problem details; `code` is stable, `detail` is for people."""
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
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
        return f"deleted as promised, on {on.day} {on:%B %Y}"
    return "deleted as promised"


def _told(refusal: RetentionError) -> dict[str, Any]:
    """The facts that a client can act on; an exception may carry others that stay inside."""
    return {name: refusal.facts[name] for name in ("errors",) if name in refusal.facts}


def _headers(code: str, status: int, context: Mapping[str, Any]) -> dict[str, str]:
    view = context.get("view")
    if status == 401:
        return {"WWW-Authenticate": CHALLENGE}
    if status == 405 and view is not None:
        return {"Allow": ", ".join(view.allowed_methods)}
    if code == "unsupported_encoding":
        return {"Accept-Encoding": "gzip, zstd, identity"}
    if status == 503:
        return {"Retry-After": str(RETRY_AFTER.get(code, RETRY_AFTER_OTHERWISE))}
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
