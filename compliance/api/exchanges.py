"""Exchanges over HTTP: in, later parts, returned, out again."""

from __future__ import annotations

import re
from datetime import date
from typing import ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api import answers, pages, schema
from compliance.api.errors import InvalidParameter
from compliance.api.reading import (
    address_of,
    body_of,
    day,
    encoding_of,
    known_parameters,
    word,
)
from compliance.api.views import ApiView, customer_of
from compliance.intake import bodies, exchanges, later
from compliance.intake.exchanges import Refused
from retention import clock
from retention.errors import ContentMismatch, ExchangeGone, ExpiredOnArrival, RetentionError
from retention.policies.rules import DataClass
from retention.records import deliver, ingest, queries
from retention.records import later as parts
from retention.records.parts import NewExchange, Outcome, Part, Status
from retention.records.queries import ExchangeView

FILTERS = frozenset({"from", "to", "class", "repository", "flag"}) | pages.PARAMETERS
CLASS = re.compile("|".join(DataClass))
REPOSITORY = re.compile(r"[^\x00-\x1f\x7f]{1,200}")
FLAG = re.compile(r"[a-z_]{1,64}")
REFUSALS: dict[str, type[RetentionError]] = {
    refusal.code: refusal for refusal in (ContentMismatch, ExpiredOnArrival)
}


class Exchanges(ApiView):
    """`/api/v1/exchanges`."""

    scopes: ClassVar = {"GET": "read", "POST": "ingest"}
    takes_in = ("POST",)

    @extend_schema(**schema.SEND)
    def post(self, request: Request) -> Response:
        """Send up to 1,000 exchanges: one result each, in order."""
        customer = customer_of(request)
        read = [
            exchanges.read(item, text_carries_no_code=customer.text_carries_no_code)
            for item in bodies.items(body_of(request), encoding_of(request))
        ]
        fit = [new for new in read if isinstance(new, NewExchange)]
        outcomes = iter(ingest.store(customer.pk, fit, now=clock.now()) if fit else ())
        results = [
            answers.unread(new) if isinstance(new, Refused) else answers.outcome(next(outcomes))
            for new in read
        ]
        return Response(answers.batch(results))

    @extend_schema(**schema.LIST)
    def get(self, request: Request) -> Response:
        """The customer's exchanges without their content, newest day first."""
        known_parameters(request, FILTERS)
        first, last = day(request, "from"), day(request, "to")
        if first and last and first > last:
            raise InvalidParameter("from must not be later than to.")
        data_class = word(request, "class", CLASS)
        found = queries.exchanges(
            customer_of(request).pk,
            today=clock.today(),
            first=first,
            last=last,
            data_class=DataClass(data_class) if data_class else None,
            repository=word(request, "repository", REPOSITORY),
            flag=word(request, "flag", FLAG),
            after=pages.after(request, date.fromisoformat),
            limit=pages.limit_of(request) + 1,
        )
        return Response(pages.page(request, found, place=_place, answer=answers.exchange))


class Exchange(ApiView):
    """`/api/v1/exchanges/{id}`."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(**schema.READ)
    def get(self, request: Request, id: str) -> Response:
        """One exchange with the content of what may be read of it today."""
        customer, now = customer_of(request).pk, clock.now()
        view = queries.exchange(customer, address_of(request, id), today=now.date())
        contents = queries.open_records(customer, view, now=now)
        return Response(answers.exchange(view, contents))


class LaterResponse(ApiView):
    """`/api/v1/exchanges/{id}/response`."""

    scopes: ClassVar = {"POST": "ingest"}
    takes_in = ("POST",)

    @extend_schema(**schema.RESPOND)
    def post(self, request: Request, id: str) -> Response:
        """Send a response that was not known when its exchange was sent."""
        body = bodies.single(body_of(request), encoding_of(request))
        return _added(request, id, later.response(body))


class LaterEvaluation(ApiView):
    """`/api/v1/exchanges/{id}/evaluation`."""

    scopes: ClassVar = {"POST": "ingest"}
    takes_in = ("POST",)

    @extend_schema(**schema.EVALUATE)
    def post(self, request: Request, id: str) -> Response:
        """Send an evaluation that was not known when its exchange was sent."""
        body = bodies.single(body_of(request), encoding_of(request))
        return _added(request, id, later.evaluation(body))


class Returned(ApiView):
    """`/api/v1/exchanges/{id}/delivered`: open to a suspended customer, since it only deletes."""

    scopes: ClassVar = {"POST": "ingest"}

    @extend_schema(**schema.DELIVER)
    def post(self, request: Request, id: str) -> Response:
        """Say that the result was returned: its snippets are deleted before the answer."""
        later.returned(bodies.single(body_of(request), encoding_of(request)))
        address = address_of(request, id)
        done = deliver.deliver(customer_of(request).pk, address, now=clock.now())
        return Response(answers.delivered(done))


def _added(request: Request, id: str, part: Part) -> Response:
    address = address_of(request, id)
    outcome = parts.add(customer_of(request).pk, address, part, now=clock.now())
    if outcome.status is Status.REFUSED:
        raise _refusal(outcome)
    return Response(answers.outcome(outcome))


def _refusal(outcome: Outcome) -> RetentionError:
    return REFUSALS.get(outcome.code, ExchangeGone)()


def _place(view: ExchangeView) -> tuple[date, UUID]:
    return view.clock_day, view.exchange
