"""`/metrics`, behind a token of its own; without METRICS_TOKEN there is no such page."""

from __future__ import annotations

import orjson
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from compliance.api.errors import PROBLEM, problem
from compliance.health import counters


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """All families of all processes of this host; 401 without the token."""
    if not settings.METRICS_TOKEN:
        raise Http404
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not constant_time_compare(token, settings.METRICS_TOKEN):
        return _refused()
    counters.meters()
    # After `meters()`: the library looks for its folder when it is imported.
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
    from prometheus_client.multiprocess import MultiProcessCollector

    from compliance.api.gauges import Stores

    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    # Without describing: that would read the stores twice.
    registry.register(Stores())
    return HttpResponse(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)


def _refused() -> HttpResponse:
    body = orjson.dumps(problem(401, "unknown_key", "This page needs its token.", retryable=False))
    headers = {"WWW-Authenticate": 'Bearer realm="metrics"'}
    return HttpResponse(body, status=401, content_type=PROBLEM, headers=headers)
