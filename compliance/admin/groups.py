"""Day groups: what is kept for one customer, day and kind of data, and until when."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import DateField, Value
from django.http import HttpRequest
from django.utils.safestring import SafeString

from compliance.admin import words
from compliance.admin.filters import (
    CustomerFilter,
    DeletionDateFilter,
    GoesOnFilter,
    KindOfDataFilter,
    OnDayFilter,
    StateFilter,
)
from compliance.admin.readonly import OfCustomers, link
from retention import clock
from retention.records.models import Cell


@admin.register(Cell)
class DayGroupAdmin(OfCustomers):
    """The promise, row by row: counted from, deletion date, state, counts."""

    list_display = ("group", "deletion_date", "condition", "asked_for", "acknowledged", "kept")
    list_filter = (
        CustomerFilter,
        OnDayFilter,
        KindOfDataFilter,
        StateFilter,
        GoesOnFilter,
        DeletionDateFilter,
    )
    list_select_related = ("version",)
    change_form_template = "admin/compliance/day_group.html"
    lead = (
        "A day group is all items of one kind of data, of one customer, counted from one UTC day: "
        "they are deleted together, on one date. "
        "“Shorter time asked for”: the sender of an AI call may ask for fewer days than the policy "
        "gives. Such items are a day group of their own, and keep that shorter promise."
    )
    fieldsets = (
        (None, {"fields": ("customer", "kind_of_data", "counted_from", "asked_for")}),
        ("Promise", {"fields": ("version", "deletion_date", "condition", "blocked")}),
        ("Items", {"fields": ("acknowledged", "kept", "delivered", "erased", "held", "purged")}),
        ("Deletion", {"fields": ("closed", "keys_destroyed", "deleted", "deletion_record")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        """With today, asked for once: a demonstration's clock is a statement of its own."""
        today = Value(clock.today(), output_field=DateField())
        return super().get_queryset(request).annotate(today=today)

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """Newest first; by deletion date where that is what was asked for. Indexes hold both."""
        spans = DeletionDateFilter.spans
        if request.GET.get("goes") or request.GET.get("until") in spans:
            return ("expires_on", "id")
        return ("-clock_day", "customer_id", "data_class", "retain_days")

    @admin.display(description="day group")
    def group(self, cell: Any) -> str:
        """As people say it: day, kind, customer."""
        return words.group(cell, cell.customer_name)

    @admin.display(description="kind of data")
    def kind_of_data(self, cell: Cell) -> str:
        """In plain words."""
        return words.kind_of_data(cell.data_class)

    @admin.display(description="state")
    def condition(self, cell: Any) -> SafeString:
        """Where it is in its life, and whether the run is late."""
        return words.condition(cell, cell.today)

    @admin.display(description="shorter time asked for")
    def asked_for(self, cell: Cell) -> str:
        """Sent along with the call; the policy's own is never lengthened by it."""
        days = cell.retain_days
        return f"{days} day{'s' * (days != 1)}" if days else words.NOTHING

    @admin.display(description="counted from (day of the call)")
    def counted_from(self, row: Any) -> str:
        """From which its time is counted."""
        return words.day(row.clock_day)

    @admin.display(description="deletion date")
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
        return link("retention_deletionrecord", cell.deletion_id, str(cell.deletion_id))
