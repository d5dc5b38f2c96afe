"""Deletion records over HTTP: the proof of what is gone."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api import answers, pages, schema
from compliance.api.errors import UnknownDeletion
from compliance.api.reading import SERVER_ID, day, known_parameters
from compliance.api.views import ApiView, customer_of
from retention.expiry import queries
from retention.expiry.models import DeletionRecord

FILTERS = frozenset({"from", "to"}) | pages.PARAMETERS


class Deletions(ApiView):
    """`/api/v1/deletions`."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(**schema.DELETIONS)
    def get(self, request: Request) -> Response:
        """The customer's deletion records, newest first; `from` and `to` are clock days."""
        known_parameters(request, FILTERS)
        found = queries.deletions(
            customer_of(request).pk,
            after=pages.BY_INSTANT.after(request),
            limit=pages.limit_of(request) + 1,
            first=day(request, "from"),
            last=day(request, "to"),
        )
        return pages.page(
            request, found, cursor=pages.BY_INSTANT, place=_place, answer=answers.deletion
        )


class Deletion(ApiView):
    """`/api/v1/deletions/{id}`."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(**schema.DELETION)
    def get(self, request: Request, id: str) -> Response:
        """One deletion record with the groups of items that it is about."""
        known_parameters(request, ())
        found = None
        if SERVER_ID.fullmatch(id):
            found = queries.deletion(customer_of(request).pk, UUID(id))
        if found is None:
            raise UnknownDeletion
        return Response(answers.deletion_with_cells(found))


def _place(record: DeletionRecord) -> tuple[datetime, UUID]:
    return record.rows_removed_at, record.id
