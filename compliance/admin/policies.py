"""Policy versions: the addresses of their pages, and who may open them.

Nothing about a version is written by a form of Django's: each page calls the verb of its act.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.views.decorators.http import require_http_methods, require_POST

from compliance.admin import (
    announcing,
    calendar,
    drafts,
    progress,
    reached,
    versions,
    versions_approval,
    versions_impact,
    versions_page,
    versions_revise,
)
from compliance.admin.readonly import ReadOnly
from compliance.admin.versions_page import ANNOUNCE, DRAFT, LOOK, WITHDRAW
from compliance.admin.versions_queries import binding, periods_in_force
from compliance.people.again import again
from retention.policies.models import PolicyVersion

__all__ = ["binding", "periods_in_force"]

View = Callable[..., HttpResponse]
look = require_http_methods(["GET", "HEAD"])
form = require_http_methods(["GET", "HEAD", "POST"])
# Each page of one version: its address, its view, and the right that it needs besides looking.
PAGES: Mapping[str, tuple[str, View, str]] = {
    "edit": ("edit/", form(drafts.edit), DRAFT),
    "discard": ("discard/", form(drafts.discard), DRAFT),
    "impact": ("impact/", look(versions_impact.impact_of), LOOK),
    "ask": ("ask/", require_POST(versions_approval.ask), DRAFT),
    "announce": ("announce/", form(again(announcing.announce)), ANNOUNCE),
    "withdraw": ("withdraw/", form(again(announcing.withdraw)), WITHDRAW),
    "revise": ("revise/", form(versions_revise.revise), DRAFT),
    "revision": ("revisions/<int:number>/", look(versions_revise.show), LOOK),
    "progress": ("progress/", look(progress.progress_of), LOOK),
    "notice": ("progress/<uuid:notice>/", form(reached.notice), LOOK),
    "evidence": ("evidence/", look(progress.evidence), LOOK),
}


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnly):
    """The pages of versions, in the place of Django's own."""

    def get_urls(self) -> Any:
        """Ours first, each behind the sign-in."""
        ours = [
            path(f"<int:pk>/{route}", self._view(view, right), name=f"{self._name}_{name}")
            for name, (route, view, right) in PAGES.items()
        ]
        new = path("add/", self._new, name=f"{self._name}_add")
        dates = path("ahead.ics", self._dates, name=f"{self._name}_dates")
        return [new, dates, *ours, *super().get_urls()]

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def _view(self, view: View, right: str) -> View:
        return partial(self.admin_site.admin_view(self._answer), view=view, right=right)

    def _answer(
        self, request: HttpRequest, pk: int, *, view: View, right: str, **kwargs: Any
    ) -> HttpResponse:
        versions_page.demand(request, LOOK)
        versions_page.demand(request, right)
        found = PolicyVersion.objects.prefetch_related("periods")
        answer: HttpResponse = view(request, get_object_or_404(found, pk=pk), **kwargs)
        return answer

    def _new(self, request: HttpRequest) -> HttpResponse:
        answer: HttpResponse = self.admin_site.admin_view(self.add_view)(request)
        return answer

    def _dates(self, request: HttpRequest) -> HttpResponse:
        answer: HttpResponse = self.admin_site.admin_view(self._file_of_dates)(request)
        return answer

    def _file_of_dates(self, request: HttpRequest) -> HttpResponse:
        versions_page.demand(request, LOOK)
        return look(calendar.download)(request)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """A new draft."""
        versions_page.demand(request, DRAFT)
        return form(drafts.new)(request)

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """All versions."""
        versions_page.demand(request, LOOK)
        return look(versions.index)(request)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """One version."""
        number = int(object_id) if object_id.isdecimal() and len(object_id) < 10 else 0
        return self._answer(request, number, view=look(versions.show), right=LOOK)
