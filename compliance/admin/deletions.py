"""Deletion records and what each of them proves, and the deletion runs that left them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.contrib import admin
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance.admin import words
from compliance.admin.evidence import evidence_of
from compliance.admin.filters import (
    CustomerFilter,
    OnDayFilter,
    RemovedFromFilter,
    RemovedToFilter,
)
from compliance.admin.readonly import OfCustomers, ReadOnly, link
from retention.expiry.models import DeletionRecord, SweepRun
from retention.records.models import Cell

# So many deletion records are added up at most: the totals are to cost no more than a page.
MOST_ADDED = 5_000


@dataclass(frozen=True, slots=True)
class Totals:
    """Items by kind over all pages of a list, unless it is too long to be added up."""

    deletions: int
    items: str
    too_many: bool


def totals_of(deletions: QuerySet[DeletionRecord]) -> Totals:
    """In one statement that reads one row more than it adds."""
    counts = list(deletions.order_by().values_list("counts", flat=True)[: MOST_ADDED + 1])
    added: Counter[str] = Counter()
    for by_class in counts:
        added.update(by_class)
    return Totals(len(counts), words.counts(added), len(counts) > MOST_ADDED)


@admin.register(DeletionRecord)
class DeletionRecordAdmin(OfCustomers):
    """One for each customer, day and deletion run."""

    list_display = (
        "name",
        "items",
        "not_given_out_since",
        "keys_destroyed",
        "removed_on",
        "signed",
    )
    list_filter = (CustomerFilter, RemovedFromFilter, RemovedToFilter, OnDayFilter)
    list_select_related = ("entry", "run")
    ordering = ("-rows_removed_at", "-id")
    change_form_template = "admin/compliance/deletion.html"
    change_list_template = "admin/compliance/deletions.html"
    fields = (
        "id", "customer", "kind", "counted_from", "items",
        "not_given_out_since", "keys_destroyed", "removed_on", "signed", "in_run",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the deletion dates of the day groups, in the one query."""
        dates = Cell.objects.filter(deletion=OuterRef("pk")).order_by().values("expires_on")
        return super().get_queryset(request).annotate(dates=ArraySubquery(dates))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """With the totals of what a filter shows."""
        answer = super().changelist_view(request, extra_context)
        listed = getattr(answer, "context_data", None) or {}
        if (shown := listed.get("cl")) and shown.is_narrowed:
            listed["totals"] = totals_of(shown.queryset)
        return answer

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """With the evidence below the facts."""
        context["evidence"] = evidence_of(context["original"])
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="day of the call, customer")
    def name(self, deletion: Any) -> str:
        """Day and customer."""
        return f"{words.day(deletion.clock_day)}, {deletion.customer_name or 'unknown customer'}"

    @admin.display(description="items")
    def items(self, deletion: DeletionRecord) -> str:
        """How many of each kind of data."""
        return words.counts(deletion.counts)

    @admin.display(description="not given out since")
    def not_given_out_since(self, deletion: Any) -> str:
        """Its deletion date: from then on nobody got it, run or no run."""
        return words.deletion_dates(deletion.dates)

    @admin.display(description="counted from (day of the call)")
    def counted_from(self, row: Any) -> str:
        """Not a day of deletion."""
        return words.day(row.clock_day)

    @admin.display(description="keys destroyed")
    def keys_destroyed(self, deletion: DeletionRecord) -> str:
        """From then on unreadable for everybody."""
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

    lead = (
        "The run comes by every minute. Only runs that found something to close, destroy or remove"
        " are listed."
    )
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
