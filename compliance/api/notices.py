"""Notices over HTTP: what this customer was told, that it has read it, that it does not agree.

By a read key, or by a member with the session of the customer's pages.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from pydantic import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api import notice_schema as schema
from compliance.api import pages, shown
from compliance.api.authentication import KeyAuthentication
from compliance.api.errors import UnknownNotice
from compliance.api.people import MemberAuthentication
from compliance.api.reading import SERVER_ID, body_of, choice, encoding_of, known_parameters
from compliance.api.views import ApiView, actor_of, customer_of
from compliance.intake import bodies, complaints, shapes
from compliance.intake.errors import InvalidFields
from compliance.notices import answer, own
from compliance.notices.models import Objection
from compliance.notices.own import OwnNotice, OwnStanding
from retention import clock


class NoticeKind(StrEnum):
    """What a notice tells of."""

    CHANGE = "change"
    WITHDRAWAL = "withdrawal"


class NoticeView(ApiView):
    """Keys, and members too."""

    authentication_classes = (KeyAuthentication, MemberAuthentication)


class Notices(NoticeView):
    """`/api/v1/notices`."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(**schema.NOTICES)
    def get(self, request: Request) -> Response:
        """What this customer was told of changes of the policy, the newest first."""
        known_parameters(request, {"kind", "standing"} | pages.PARAMETERS)
        found = own.notices(
            customer_of(request).pk,
            today=clock.today(),
            after=pages.BY_INSTANT.after(request),
            limit=pages.limit_of(request) + 1,
            kind=choice(request, "kind", NoticeKind),
            standing=choice(request, "standing", OwnStanding),
        )
        return pages.page(request, found, cursor=pages.BY_INSTANT, place=_place, answer=_notice)


class OneNotice(NoticeView):
    """`/api/v1/notices/{id}`."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(**schema.NOTICE)
    def get(self, request: Request, id: str) -> Response:
        """One notice with what was answered to it."""
        known_parameters(request, ())
        return Response(_notice(_own(request, id)))


class Acknowledged(NoticeView):
    """`/api/v1/notices/{id}/acknowledge`."""

    scopes: ClassVar = {"POST": "read"}

    @extend_schema(**schema.ACKNOWLEDGE)
    def post(self, request: Request, id: str) -> Response:
        """Say that it was read. The first who says so stands; it is no consent."""
        known_parameters(request, ())
        _read(shapes.Returned, request)
        found = _own(request, id)
        answer.acknowledge(found.notice, by=actor_of(request), now=clock.now())
        return Response(_notice(_own(request, id)))


class Objected(NoticeView):
    """`/api/v1/notices/{id}/object`."""

    scopes: ClassVar = {"POST": "read"}

    @extend_schema(**schema.OBJECT)
    def post(self, request: Request, id: str) -> Response:
        """Object to a change. Until it is decided, the policy that keeps less applies."""
        known_parameters(request, ())
        text = _read(shown.ObjectionBody, request).text
        found = _own(request, id)
        answer.object_to(found.notice, by=actor_of(request), text=text, now=clock.now())
        return Response(_notice(_own(request, id)), status=201)


def _read(shape: Any, request: Request) -> Any:
    body = bodies.single(body_of(request), encoding_of(request))
    if not isinstance(body, dict):
        raise InvalidFields(errors=complaints.whole("must be an object"))
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        raise InvalidFields(errors=complaints.of(error)) from None


def _own(request: Request, id: str) -> OwnNotice:
    """By customer: the id of another customer's notice is unknown."""
    found = None
    if SERVER_ID.fullmatch(id):
        found = own.notice(customer_of(request).pk, UUID(id), today=clock.today())
    if found is None:
        raise UnknownNotice
    return found


def _place(found: OwnNotice) -> tuple[datetime, UUID]:
    return found.notice.published_at, found.notice.pk


def _notice(found: OwnNotice) -> dict[str, Any]:
    told = found.notice
    return {
        "id": told.pk,
        "kind": told.announcement.kind,
        "version": told.announcement.version.number,
        "standing": found.standing,
        "subject": told.subject,
        "text": told.text,
        "published_at": told.published_at,
        "given_on": found.given_on,
        "effective_on": found.effective_on,
        "acknowledged_at": told.acknowledged_at,
        "acknowledged_by": told.acknowledged_by or None,
        "closed_at": told.closed_at,
        "objections": [_objection(one) for one in found.objections],
    }


def _objection(made: Objection) -> dict[str, Any]:
    return {
        "id": made.pk,
        "made_at": made.made_at,
        "text": made.text,
        "outcome": made.outcome or None,
        "until": made.until,
        "decided_at": made.decided_at,
    }
