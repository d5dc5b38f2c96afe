"""Field changes: who edited what, to look at. The database lets nobody take any back."""

from __future__ import annotations

from typing import Any

from auditlog.mixins import LogEntryAdminMixin
from auditlog.models import LogEntry
from django.contrib import admin

from compliance.admin import site, words
from compliance.admin.filters import ChangedOnFilter
from compliance.admin.readonly import ReadOnly

assert site  # it takes the package's own page away first


@admin.register(LogEntry)
class FieldChangeAdmin(LogEntryAdminMixin, ReadOnly):  # type: ignore[misc]
    """What the forms changed, by whom."""

    list_display = ("at", "resource_url", "action", "msg_short", "user_url")
    list_filter = (ChangedOnFilter, "action")
    sortable_by = ()
    list_select_related = ("content_type", "actor")
    ordering = ("-timestamp", "-pk")
    search_fields = ("object_repr", "actor__email")
    search_help_text = "A name or a login's address"
    fields = ("at", "user_url", "resource_url", "action", "msg")
    readonly_fields = fields

    def get_queryset(self, request: Any) -> Any:
        """The package's columns build links from the request."""
        self.request = request
        return super().get_queryset(request)

    @admin.display(description="changed", ordering="timestamp")
    def at(self, entry: Any) -> str:
        """By host time."""
        return words.instant(entry.timestamp)
