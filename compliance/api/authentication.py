"""Who asks, and what that key may do. Whatever a view does not open is closed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from compliance.api.errors import (
    CHALLENGE,
    CustomerSuspended,
    MissingKey,
    MissingScope,
    RoleMissing,
)
from compliance.customers import keys
from compliance.customers.models import ApiKey, Customer
from compliance.customers.visitors import Visitor
from retention import clock

if TYPE_CHECKING:
    # The framework loads this module while it loads its views.
    from rest_framework.views import APIView

State = Customer.State


class KeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer sg_…`: sets `request.auth` to the key."""

    def authenticate(self, request: Request) -> tuple[None, ApiKey] | None:
        """The key, None without credentials; raises `UnknownKey` for any that are not a key."""
        header = request.headers.get("Authorization")
        if header is None:
            return None
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            raise MissingKey
        key = keys.authenticate(token.strip())
        keys.note_use(key, now=clock.now())
        return None, key

    def authenticate_header(self, request: Request) -> str:
        """What an answer 401 asks for."""
        return CHALLENGE


class Closed(BasePermission):
    """Nobody: what a view gets that names no permission."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        """Never."""
        return False


class ByScope(BasePermission):
    """The scope that the view names for this method; a method without one is closed."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Raises `MissingKey`, `CustomerSuspended` or `MissingScope`, so it never is False."""
        method = "GET" if request.method == "HEAD" else request.method
        key = request.auth
        if isinstance(key, Visitor):
            return _may(key, request)
        if not isinstance(key, ApiKey):
            raise MissingKey
        if method == "OPTIONS" or method not in {*view.allowed_methods, *view.scopes}:
            return True
        if view.scopes.get(method) not in key.scopes:
            raise MissingScope
        if not _admits(key.customer.state, takes_in=method in view.takes_in):
            raise CustomerSuspended
        return True


def _admits(state: str, *, takes_in: bool) -> bool:
    """A suspended or leaving customer still reads, and its deletions still go on."""
    if takes_in:
        return state == State.ACTIVE
    return state != State.ERASED


def _may(visitor: Visitor, request: Request) -> bool:
    """Members look; in the customer's name only those speak whom it made admin or legal contact."""
    if request.method not in SAFE_METHODS and not visitor.speaks:
        raise RoleMissing
    return True
