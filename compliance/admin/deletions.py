"""Deletion runs, and the proofs they leave."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html

from compliance.admin import words
from compliance.admin.filters import CountedFromFilter
from compliance.admin.readonly import ReadOnly, ReadOnlyInline, matching, with_customer_name
from retention.expiry.models import DeletionRecord, SweepRun
from retention.records.models import Cell


class DayGroupInline(ReadOnlyInline):
    """What the deletion record covers."""

    model = Cell
    verbose_name_plural = "day groups deleted"
    fields = readonly_fields = ("group", "deletion_date", "acknowledged", "purged")

    @admin.display(description="day group")
    def group(self, cell: Cell) -> str:
        """Leads to it."""
        url = reverse("admin:retention_cell_change", args=[cell.pk])
        kind = words.kind_of_data(cell.data_class)
        return format_html('<a href="{}">{}, {}</a>', url, words.day(cell.clock_day), kind)

    @admin.display(description="deletion date")
    def deletion_date(self, cell: Cell) -> str:
        """When it was due."""
        return words.deletion_date(cell.expires_on)


@admin.register(DeletionRecord)
class DeletionRecordAdmin(ReadOnly):
    """One for each customer, day and deletion run."""

    list_display = (
        "name", "items", "unreadable_since", "removed_on", "signed",
    )  # fmt: skip
    list_filter = ("kind", CountedFromFilter)
    list_select_related = ("entry",)
    ordering = ("-rows_removed_at", "-id")
    search_fields = ("customer_id",)
    search_help_text = "A customer's name or id, or a date such as 2026-11-22"
    inlines = (DayGroupInline,)
    fields = (
        "id", "customer", "kind", "counted_from", "items",
        "unreadable_since", "removed_on", "signed", "run",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the customers' names, in the one query."""
        return with_customer_name(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Every word must fit."""
        for term in search_term.split():
            queryset = queryset.filter(matching(term, ("clock_day",)))
        return queryset, False

    @admin.display(description="deletion record", ordering="clock_day")
    def name(self, deletion: Any) -> str:
        """Day and customer."""
        return f"{words.day(deletion.clock_day)}, {deletion.customer_name or 'unknown customer'}"

    @admin.display(description="customer")
    def customer(self, deletion: Any) -> str:
        """By name."""
        return deletion.customer_name or str(deletion.customer_id)

    @admin.display(description="counted from", ordering="clock_day")
    def counted_from(self, deletion: DeletionRecord) -> str:
        """The UTC day on which the retention clock started."""
        return words.day(deletion.clock_day)

    @admin.display(description="items")
    def items(self, deletion: DeletionRecord) -> str:
        """How many of each kind of data."""
        return words.counts(deletion.counts)

    @admin.display(description="unreadable since", ordering="keys_destroyed_at")
    def unreadable_since(self, deletion: DeletionRecord) -> str:
        """When the keys were destroyed."""
        return words.instant(deletion.keys_destroyed_at)

    @admin.display(description="removed on", ordering="rows_removed_at")
    def removed_on(self, deletion: DeletionRecord) -> str:
        """When the items themselves were gone."""
        return words.instant(deletion.rows_removed_at)

    @admin.display(description="signed", ordering="entry__signed_at")
    def signed(self, deletion: DeletionRecord) -> str:
        """Counts as proof from then on."""
        return words.instant(deletion.entry.signed_at)


@admin.register(SweepRun)
class DeletionRunAdmin(ReadOnly):
    """Each run that found something to do."""

    list_display = (
        "started", "finished", "purged", "records", "days_dropped", "blocked",
    )  # fmt: skip
    ordering = ("-started_at",)
    fields = (
        "id", "started", "finished", "sealed", "shredded", "purged", "records", "days_dropped",
        "blocked",
    )  # fmt: skip

    @admin.display(description="started", ordering="started_at")
    def started(self, run: SweepRun) -> str:
        """By the clock."""
        return words.instant(run.started_at)

    @admin.display(description="finished", ordering="finished_at")
    def finished(self, run: SweepRun) -> str:
        """Empty while it is at work, or when it was cut short."""
        return words.instant(run.finished_at)
