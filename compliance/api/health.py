"""Is it alive, and can it do its work? Both without a key, and without telling anything else."""

from __future__ import annotations

import orjson
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from compliance.api.errors import PROBLEM, problem
from compliance.health import checks

RETRY_AFTER = "10"


@never_cache
@require_safe
def alive(request: HttpRequest) -> HttpResponse:
    """`/healthz`: the process answers. It asks nobody else."""
    return HttpResponse(orjson.dumps({"status": "alive"}), content_type="application/json")


@never_cache
@require_safe
def ready(request: HttpRequest) -> HttpResponse:
    """`/readyz`: 200, or 503 and which of the checks failed."""
    found = checks.outcomes(checks.CHECKS)
    if all(word == "ok" for word in found.values()):
        body = orjson.dumps({"status": "ready", "checks": found})
        return HttpResponse(body, content_type="application/json")
    failed = ", ".join(name for name, word in found.items() if word != "ok")
    answer = problem(503, "not_ready", f"Not ready: {failed}.", retryable=True, checks=found)
    headers = {"Retry-After": RETRY_AFTER}
    return HttpResponse(orjson.dumps(answer), status=503, content_type=PROBLEM, headers=headers)
