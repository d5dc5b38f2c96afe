"""Policy versions, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.html import format_html

from compliance.admin import words
from compliance.admin.readonly import ReadOnly, ReadOnlyInline
from compliance.admin.wording import wording
from retention.policies.models import PolicyPeriod, PolicyVersion


class PeriodInline(ReadOnlyInline):
    """How long each kind of data is kept under the version."""

    model = PolicyPeriod
    verbose_name_plural = "kept for"
    fields = readonly_fields = ("kind_of_data", "kept_for")

    @admin.display(description="kind of data")
    def kind_of_data(self, period: PolicyPeriod) -> str:
        """In plain words."""
        return words.kind_of_data(period.data_class)

    @admin.display(description="kept for")
    def kept_for(self, period: PolicyPeriod) -> str:
        """Calendar months or days."""
        return words.length(period)


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnly):
    """Immutable rules plus text."""

    list_display = ("version", "state", "kept_for")
    list_filter = ("state",)
    ordering = ("-number",)
    sortable_by = ()
    inlines = (PeriodInline,)
    fields = ("state", "text_of_it", "context_lines", "whole_files")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the periods, once for the page."""
        return super().get_queryset(request).prefetch_related("periods")

    @admin.display(description="version")
    def version(self, version: PolicyVersion) -> str:
        """Its number in words."""
        return str(version)

    @admin.display(description="text")
    def text_of_it(self, version: PolicyVersion) -> str:
        """As it was approved, with its lists as lists."""
        return format_html('<div class="prose">{}</div>', wording(version.text))

    @admin.display(description="kept for")
    def kept_for(self, version: PolicyVersion) -> str:
        """All periods in a line."""
        return "; ".join(
            f"{words.kind_of_data(period.data_class)} {words.length(period)}"
            for period in version.periods.all()
        )
