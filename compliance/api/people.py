"""Members come with the session of the customer's pages instead of a key; then CSRF counts."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from compliance.api.errors import CsrfRefused, CustomerNotChosen
from compliance.customers.visitors import Visitor, chosen, visitors
from compliance.people.models import User


class MemberAuthentication(BaseAuthentication):
    """The session of a signed-in member: sets `request.auth` to a `Visitor`."""

    def authenticate(self, request: Request) -> tuple[User, Visitor] | None:
        """None where a key is sent, or nobody is signed in who acts for a customer.

        Raises `CsrfRefused` and `CustomerNotChosen`.
        """
        inner = request._request
        if "Authorization" in request.headers or settings.SESSION_COOKIE_NAME not in inner.COOKIES:
            return None
        user = inner.user
        found = visitors(inner)
        if not isinstance(user, User) or not found:
            return None
        _refuse_other_sites(inner)
        visitor = chosen(inner, found)
        if visitor is None:
            raise CustomerNotChosen
        return user, visitor


def _refuse_other_sites(request: Any) -> None:
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request)
    if check.process_view(request, _nothing, (), {}):
        raise CsrfRefused


def _nothing(*_: Any) -> HttpResponse:
    """No view of ours is exempt by being named."""
    return HttpResponse()
