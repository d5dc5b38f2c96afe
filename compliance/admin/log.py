"""The activity log, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html_join

from compliance.admin import words
from compliance.admin.filters import ActFilter, SignedFilter
from compliance.admin.readonly import ReadOnly, of_customers_named, with_customer_name
from retention.ledger.append import KINDS
from retention.ledger.models import Entry, Subject


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    """Who did what, when: numbers, dates, ids and short codes."""

    list_display = ("id", "meaning", "customer", "written", "signed")
    list_filter = (ActFilter, SignedFilter)
    ordering = ("-id",)
    search_fields = ("kind",)
    search_help_text = "A customer's name, or an act such as customer:key"
    fields = ("id", "meaning", "kind", "customer", "subject", "details", "written", "signed")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the customers' names: staff may know whom a pseudonym stands for."""
        known = Subject.objects.filter(pseudonym=OuterRef("subject")).values("customer_id")[:1]
        return with_customer_name(
            super().get_queryset(request).annotate(customer_id=Subquery(known))
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Every word must fit an act or a customer's name."""
        for term in search_term.split():
            subjects = Subject.objects.filter(of_customers_named(term)).values("pseudonym")
            queryset = queryset.filter(Q(kind__icontains=term) | Q(subject__in=subjects))
        return queryset, False

    @admin.display(description="what happened")
    def meaning(self, entry: Entry) -> str:
        """The act in a sentence."""
        return KINDS.get(entry.kind, entry.kind)

    @admin.display(description="customer")
    def customer(self, entry: Any) -> str:
        """By name, if it concerns one."""
        return entry.customer_name or words.NOTHING

    @admin.display(description="details")
    def details(self, entry: Entry) -> str:
        """The facts, one a line."""
        return format_html_join("", "<div><code>{}: {}</code></div>", entry.facts.items())

    @admin.display(description="written", ordering="created_at")
    def written(self, entry: Entry) -> str:
        """When the act was committed."""
        return words.instant(entry.created_at)

    @admin.display(description="signed", ordering="signed_at")
    def signed(self, entry: Entry) -> str:
        """When it went into the tamper-evident log."""
        return words.instant(entry.signed_at)
