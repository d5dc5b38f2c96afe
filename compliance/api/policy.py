"""The policy over HTTP: what applies to this customer now, what comes, what was before."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from compliance.api import answers, pages, schema
from compliance.api.reading import choice, known_parameters
from compliance.api.views import ApiView, customer_of
from retention import clock
from retention.policies import queries
from retention.policies.history import Binding, Standing, bindings


class Policy(ApiView):
    """`/api/v1/policy`."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(**schema.POLICY)
    def get(self, request: Request) -> Response:
        """What applies to this customer today, what comes next, and until when items are kept."""
        known_parameters(request, ())
        customer, today = customer_of(request).pk, clock.today()
        terms = queries.terms(customer)
        known = bindings(customer, today=today)
        return Response(answers.policy(known, terms, today=today))


class Versions(ApiView):
    """`/api/v1/policy/versions`."""

    scopes: ClassVar = {"GET": "read"}

    @extend_schema(**schema.VERSIONS)
    def get(self, request: Request) -> Response:
        """Every version that binds, bound or will bind this customer, the newest first."""
        known_parameters(request, {"standing"} | pages.PARAMETERS)
        after = pages.BY_VERSION.after(request)
        standing = choice(request, "standing", Standing)
        listed = [
            binding
            for binding in bindings(customer_of(request).pk, today=clock.today())
            if standing in (None, binding.standing) and (after is None or _place(binding) < after)
        ]
        listed = listed[: pages.limit_of(request) + 1]
        return pages.page(
            request, listed, cursor=pages.BY_VERSION, place=_place, answer=answers.version
        )


def _place(binding: Binding) -> tuple[date, int]:
    return binding.effective_on, binding.version.number
