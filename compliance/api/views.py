"""What all views of the API share: keys, scopes, JSON out, problems for every error."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar

import orjson
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from compliance.api import limits
from compliance.api.authentication import ByScope, KeyAuthentication
from compliance.api.buckets import Budget
from compliance.api.errors import NotFound, handle
from compliance.customers.models import ApiKey, Customer
from compliance.customers.visitors import Visitor
from retention.actor import Actor


class JSONRenderer(BaseRenderer):
    """JSON by orjson: dates, UUIDs and pieces that are JSON already need no detour."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The bytes of an answer; an answer without data has none."""
        if data is None:
            return b""
        return orjson.dumps(data, option=orjson.OPT_UTC_Z | orjson.OPT_NON_STR_KEYS)


class ApiView(APIView):
    """A view names the scope of each of its methods; `takes_in` names those that store."""

    authentication_classes: tuple[type[BaseAuthentication], ...] = (KeyAuthentication,)
    permission_classes = (ByScope,)
    renderer_classes = (JSONRenderer,)
    parser_classes = ()
    scopes: ClassVar[Mapping[str, str]] = {}
    takes_in: ClassVar[Collection[str]] = ()
    budget: Budget | None = None

    def check_throttles(self, request: Request) -> None:
        """One count for each request that a key may make; raises `RateLimited`."""
        limit = "read" if request.method in SAFE_METHODS else "ingest"
        self.budget = limits.take(owner_of(request), limit)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """No answer is kept by anybody on the way: it may hold content."""
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Cache-Control"] = "no-store"
        if self.budget is not None:
            for name, value in limits.headers(self.budget).items():
                final.headers.setdefault(name, value)
        return final

    def get_exception_handler(self) -> Callable[[Exception, Any], Response]:
        """Ours, whatever the settings say."""
        return handle


class UnknownAddress(ApiView):
    """Everything under /api/ that is nothing else."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Not found, for everybody and every method."""
        raise NotFound


def customer_of(request: Request) -> Customer:
    """The customer comes from key or session, never from an address or a body."""
    assert isinstance(request.auth, ApiKey | Visitor)
    return request.auth.customer


def actor_of(request: Request) -> Actor:
    """Who it is for the log of acts: the key, or the member."""
    if isinstance(request.auth, Visitor):
        return request.auth.actor
    assert isinstance(request.auth, ApiKey)
    return Actor("key", request.auth.pk)


def owner_of(request: Request) -> str:
    """Whose requests are counted: each key, and each member, has a budget of its own."""
    if isinstance(request.auth, Visitor):
        return f"{request.auth.actor.id}"
    assert isinstance(request.auth, ApiKey)
    return request.auth.pk.hex
