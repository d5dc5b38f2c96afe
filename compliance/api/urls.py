"""The addresses of the API. Whatever else lies under /api/ is a problem in JSON, not a page.

An id of a customer's own may hold slashes, so it is a `path`; the addresses of later parts come
before the address of the exchange itself.
"""

from __future__ import annotations

from django.urls import path, re_path
from drf_spectacular.views import SpectacularAPIView

from compliance.api import deletions, docs, exchanges, health, notices, policy, views
from compliance.api.metrics import metrics

EXCHANGES = "api/v1/exchanges"
# What pydantic writes is JSON Schema as OpenAPI 3.1 has it.
SCHEMA = {"OAS_VERSION": "3.1.1"}

urlpatterns = [
    path("healthz", health.alive),
    path("readyz", health.ready),
    path("metrics", metrics),
    path(EXCHANGES, exchanges.Exchanges.as_view()),
    path(f"{EXCHANGES}/<path:id>/response", exchanges.LaterResponse.as_view()),
    path(f"{EXCHANGES}/<path:id>/evaluation", exchanges.LaterEvaluation.as_view()),
    path(f"{EXCHANGES}/<path:id>/delivered", exchanges.Returned.as_view()),
    path(f"{EXCHANGES}/<path:id>", exchanges.Exchange.as_view()),
    path("api/v1/deletions", deletions.Deletions.as_view()),
    path("api/v1/deletions/<str:id>", deletions.Deletion.as_view()),
    path("api/v1/policy", policy.Policy.as_view()),
    path("api/v1/policy/versions", policy.Versions.as_view()),
    path("api/v1/notices", notices.Notices.as_view()),
    path("api/v1/notices/<str:id>", notices.OneNotice.as_view()),
    path("api/v1/notices/<str:id>/acknowledge", notices.Acknowledged.as_view()),
    path("api/v1/notices/<str:id>/object", notices.Objected.as_view()),
    path("api/docs/", docs.docs, name="docs"),
    path("api/problems/", docs.problems, name="problems"),
    path("api/problems/<slug:code>/", docs.problem, name="problem"),
    path("api/schema/", SpectacularAPIView.as_view(custom_settings=SCHEMA), name="schema"),
    re_path(r"^api/", views.UnknownAddress.as_view()),
]
