"""What the OpenAPI schema says of notices: a key reads and answers, and so does a member."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter

from compliance.api import pages, shown
from compliance.api.schema import READ_SCOPE, in_pages, problems, query
from compliance.intake import shapes
from compliance.notices.models import Announcement
from compliance.notices.own import OwnStanding


class SessionScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    """How a member comes: by cookie. Operations name the key alone, which is for programs."""

    target_class = "compliance.api.people.MemberAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """The cookie of the customer's pages; what changes something sends `X-CSRFToken` too."""
        return {"type": "apiKey", "in": "cookie", "name": "sessionid"}


_ID = OpenApiParameter("id", UUID, OpenApiParameter.PATH)
_ONE: dict[str, Any] = {"tags": ["notices"], "auth": READ_SCOPE, "parameters": [_ID]}

NOTICES: dict[str, Any] = {
    "tags": ["notices"],
    "auth": READ_SCOPE,
    "operation_id": "list_notices",
    "parameters": [
        query("kind", str, "Only those of this kind.", enum=list(Announcement.Kind.values)),
        query(
            "standing",
            str,
            "Only those of this standing today.",
            enum=[str(standing) for standing in OwnStanding],
        ),
        *in_pages(pages.BY_INSTANT),
    ],
    "responses": {200: shown.NoticePage, **problems(400)},
}
NOTICE: dict[str, Any] = {
    **_ONE,
    "operation_id": "read_notice",
    "responses": {200: shown.NoticeAnswer, **problems(404)},
}
ACKNOWLEDGE: dict[str, Any] = {
    **_ONE,
    "operation_id": "acknowledge_notice",
    "request": {"application/json": shapes.Returned},
    "responses": {200: shown.NoticeAnswer, **problems(400, 404, 413, 415)},
}
OBJECT: dict[str, Any] = {
    **_ONE,
    "operation_id": "object_to_notice",
    "request": {"application/json": shown.ObjectionBody},
    "responses": {201: shown.NoticeAnswer, **problems(400, 404, 409, 413, 415)},
}
