"""Deletion records and what each of them proves, and the deletion runs that left them."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance.admin import words
from compliance.admin.evidence import evidence_of
from compliance.admin.filters import CustomerFilter, OnDayFilter, RemovedFromFilter
from compliance.admin.readonly import OfCustomers, ReadOnly, link
from retention.expiry.models import DeletionRecord, SweepRun


@admin.register(DeletionRecord)
class DeletionRecordAdmin(OfCustomers):
    """One for each customer, day and deletion run."""

    list_display = ("name", "items", "unreadable_since", "removed_on", "signed")
    list_filter = (CustomerFilter, OnDayFilter, RemovedFromFilter)
    list_select_related = ("entry", "run")
    ordering = ("-rows_removed_at", "-id")
    change_form_template = "admin/compliance/deletion.html"
    fields = (
        "id", "customer", "kind", "counted_from", "items",
        "unreadable_since", "removed_on", "signed", "in_run",
    )  # fmt: skip

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """With the evidence below the facts."""
        context["evidence"] = evidence_of(context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="deletion record")
    def name(self, deletion: Any) -> str:
        """Day and customer."""
        return f"{words.day(deletion.clock_day)}, {deletion.customer_name or 'unknown customer'}"

    @admin.display(description="items")
    def items(self, deletion: DeletionRecord) -> str:
        """How many of each kind of data."""
        return words.counts(deletion.counts)

    @admin.display(description="unreadable since")
    def unreadable_since(self, deletion: DeletionRecord) -> str:
        """When the keys were destroyed."""
        return words.instant(deletion.keys_destroyed_at)

    @admin.display(description="removed on")
    def removed_on(self, deletion: DeletionRecord) -> str:
        """When the items themselves were gone."""
        return words.instant(deletion.rows_removed_at)

    @admin.display(description="signed")
    def signed(self, deletion: DeletionRecord) -> SafeString | str:
        """Counts as proof from then on."""
        if deletion.entry.signed_at is None:
            return words.pill("not signed yet: no proof", "warn")
        return words.instant(deletion.entry.signed_at)

    @admin.display(description="deletion run")
    def in_run(self, deletion: DeletionRecord) -> SafeString:
        """Which run it was."""
        return link("retention_sweeprun", deletion.run_id, str(deletion.run))


@admin.register(SweepRun)
class DeletionRunAdmin(ReadOnly):
    """Each run that found something to do."""

    list_display = ("started", "finished", "purged", "records", "days_dropped", "blocked")
    ordering = ("-started_at",)
    sortable_by = ()
    fields = (
        "id", "started", "finished", "sealed", "shredded", "purged", "records", "days_dropped",
        "blocked", "left",
    )  # fmt: skip

    @admin.display(description="started")
    def started(self, run: SweepRun) -> str:
        """By the clock."""
        return words.instant(run.started_at)

    @admin.display(description="finished")
    def finished(self, run: SweepRun) -> str:
        """Empty while it is at work, or when it was cut short."""
        return words.instant(run.finished_at)

    @admin.display(description="deletion records")
    def left(self, run: SweepRun) -> SafeString:
        """The proofs that it left."""
        url = reverse("admin:retention_deletionrecord_changelist", query={"run__exact": run.pk})
        return format_html('<a href="{}">Those of this run</a>', url)
