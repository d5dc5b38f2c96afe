"""Day groups: what is kept for one customer, day and kind of data, and until when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from compliance.admin import words
from compliance.admin.filters import CountedFromFilter, DeletionDateFilter, KindOfDataFilter
from compliance.admin.readonly import ReadOnly, matching, with_customer_name
from retention.records.models import Cell


@admin.register(Cell)
class DayGroupAdmin(ReadOnly):
    """The promise, row by row: counted from, deletion date, state, counts."""

    list_display = ("group", "deletion_date", "state", "asked_for", "acknowledged", "kept")
    list_display_links = ("group",)
    list_filter = ("state", KindOfDataFilter, CountedFromFilter, DeletionDateFilter)
    list_select_related = ("version",)
    ordering = ("-clock_day", "customer_id", "data_class", "retain_days")
    search_fields = ("customer_id",)
    search_help_text = "A customer's name or id, or a date such as 2026-11-22"
    fieldsets = (
        (None, {"fields": ("customer", "kind_of_data", "counted_from", "asked_for")}),
        ("Promise", {"fields": ("version", "deletion_date", "state", "blocked")}),
        (
            "Items",
            {"fields": ("acknowledged", "kept", "delivered", "erased", "held", "purged")},
        ),
        ("Deletion", {"fields": ("closed", "keys_destroyed", "deleted", "deletion_record")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the customers' names, in the one query."""
        return with_customer_name(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Every word must fit."""
        for term in search_term.split():
            queryset = queryset.filter(matching(term, ("clock_day", "expires_on")))
        return queryset, False

    @admin.display(description="day group", ordering="clock_day")
    def group(self, cell: Any) -> str:
        """As people say it: day, kind, customer."""
        kind = words.kind_of_data(cell.data_class)
        return f"{words.day(cell.clock_day)}, {kind}, {cell.customer_name or 'unknown customer'}"

    @admin.display(description="customer")
    def customer(self, cell: Any) -> str:
        """By name."""
        return cell.customer_name or str(cell.customer_id)

    @admin.display(description="kind of data", ordering="data_class")
    def kind_of_data(self, cell: Cell) -> str:
        """In plain words."""
        return words.kind_of_data(cell.data_class)

    @admin.display(description="counted from", ordering="clock_day")
    def counted_from(self, cell: Cell) -> str:
        """The UTC day on which the retention clock started."""
        return words.day(cell.clock_day)

    @admin.display(description="days asked for", ordering="retain_days")
    def asked_for(self, cell: Cell) -> str:
        """A shorter time that was sent along."""
        return str(cell.retain_days or words.NOTHING)

    @admin.display(description="deletion date", ordering="expires_on")
    def deletion_date(self, cell: Cell) -> str:
        """With its zone: from that instant nothing is readable."""
        return words.deletion_date(cell.expires_on)

    @admin.display(description="items kept")
    def kept(self, cell: Cell) -> int:
        """What is still there, by the count."""
        return cell.acknowledged - cell.delivered - cell.erased - cell.held - cell.purged

    @admin.display(description="closed")
    def closed(self, cell: Cell) -> str:
        """From then on nothing was added."""
        return words.instant(cell.sealed_at)

    @admin.display(description="keys destroyed")
    def keys_destroyed(self, cell: Cell) -> str:
        """From then on unreadable, in every backup too."""
        return words.instant(cell.shredded_at)

    @admin.display(description="deleted")
    def deleted(self, cell: Cell) -> str:
        """When the items were removed and it was proved."""
        return words.instant(cell.purged_at)

    @admin.display(description="deletion record")
    def deletion_record(self, cell: Cell) -> str:
        """The proof, once there is one."""
        if cell.deletion_id is None:
            return words.NOTHING
        url = reverse("admin:retention_deletionrecord_change", args=[cell.deletion_id])
        return format_html('<a href="{}">{}</a>', url, cell.deletion_id)
