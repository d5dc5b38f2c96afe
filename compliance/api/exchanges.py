"""Exchanges over HTTP: in, later parts, returned, out again."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api import answers, pages, schema
from compliance.api.errors import ErasureNotAvailable
from compliance.api.looking import found
from compliance.api.reading import (
    address_of,
    body_of,
    choice,
    day,
    encoding_of,
    known_parameters,
    word,
)
from compliance.api.views import ApiView, customer_of
from compliance.intake import bodies, exchanges, later
from compliance.intake.exchanges import Refused
from compliance.intake.flags import Flag
from retention import clock
from retention.errors import ContentMismatch, ExchangeGone, ExpiredOnArrival, RetentionError
from retention.policies.rules import DataClass
from retention.records import deliver, ingest, queries
from retention.records import later as parts
from retention.records.parts import NewExchange, Outcome, Part, Status
from retention.records.queries import ExchangeView

FILTERS = frozenset({"from", "to", "class", "repository", "flag"}) | pages.PARAMETERS
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
        listed = queries.exchanges(
            customer_of(request).pk,
            today=clock.today(),
            first=day(request, "from"),
            last=day(request, "to"),
            data_class=choice(request, "class", DataClass),
            repository=word(request, "repository", schema.REPOSITORY),
            flag=choice(request, "flag", Flag),
            after=pages.BY_DAY.after(request),
            limit=pages.limit_of(request) + 1,
        )
        return pages.page(
            request, listed, cursor=pages.BY_DAY, place=_place, answer=answers.exchange
        )


class Exchange(ApiView):
    """`/api/v1/exchanges/{id}`."""

    # DELETE is refused by name, and to whoever might do it alone.
    scopes: ClassVar = {"GET": "read", "DELETE": "ingest"}

    @extend_schema(**schema.READ)
    def get(self, request: Request, id: str) -> Response:
        """One exchange with the content of what may be read of it today."""
        customer, now = customer_of(request).pk, clock.now()
        ask = partial(queries.exchange, customer, today=now.date())
        view = found(request, address_of(request, id), ask, today=now.date())
        contents = queries.open_records(customer, view, now=now)
        return Response(answers.exchange(view, contents))

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        """Deletion on request is asked for here, so its absence has a name of its own."""
        if request.method == "DELETE":
            raise ErasureNotAvailable
        return super().http_method_not_allowed(request, *args, **kwargs)


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
        customer, now = customer_of(request).pk, clock.now()
        ask = partial(deliver.deliver, customer, now=now)
        done = found(request, address_of(request, id), ask, today=now.date())
        return Response(answers.delivered(done))


def _added(request: Request, id: str, part: Part) -> Response:
    customer, now = customer_of(request).pk, clock.now()
    ask = partial(parts.add, customer, part=part, now=now)
    outcome = found(request, address_of(request, id), ask, today=now.date())
    if outcome.status is Status.REFUSED:
        raise _refusal(outcome)
    return Response(answers.outcome(outcome))


def _refusal(outcome: Outcome) -> RetentionError:
    return REFUSALS.get(outcome.code, ExchangeGone)()


def _place(view: ExchangeView) -> tuple[date, UUID]:
    return view.clock_day, view.exchange
