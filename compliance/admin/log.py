"""The activity log, to look at."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html_join
from django.utils.safestring import SafeString

from compliance.admin import acts, words
from compliance.admin.filters import ActFilter, OfCustomerFilter, SignedFilter, WrittenOnFilter
from compliance.admin.readonly import ReadOnly, customers_named, link
from retention.ledger.append import KINDS
from retention.ledger.models import Entry


@admin.register(Entry)
class EntryAdmin(ReadOnly):
    """Who did what, when: numbers, dates, ids and short codes."""

    list_display = ("id", "meaning", "customer", "actor", "written", "signed")
    list_filter = (OfCustomerFilter, WrittenOnFilter, ActFilter, SignedFilter)
    sortable_by = ()
    ordering = ("-id",)
    search_fields = ("kind",)
    search_help_text = "A customer's name, or words of an act, such as API key"
    fields = (
        "id", "meaning", "kind", "customer", "actor", "subject", "details", "written", "signed",
    )  # fmt: skip

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the names: staff may know whom a pseudonym stands for."""
        return acts.with_names(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Every word must fit an act or a customer's name."""
        for term in search_term.split():
            kinds = [kind for kind, told in KINDS.items() if term.lower() in f"{kind} {told}"]
            about = acts.of_customers(customers_named(term))
            queryset = queryset.filter(Q(kind__in=kinds) | about)
        return queryset, False

    @admin.display(description="what happened")
    def meaning(self, entry: Entry) -> str:
        """The act in a sentence."""
        return acts.meaning(entry)

    @admin.display(description="customer")
    def customer(self, entry: Any) -> SafeString | str:
        """By name, if it concerns one."""
        if not entry.customer_name:
            return words.NOTHING
        return link("compliance_customer", entry.customer_id, entry.customer_name)

    @admin.display(description="by")
    def actor(self, entry: Any) -> str:
        """A person, a key or the service itself."""
        return acts.actor(entry)

    @admin.display(description="details")
    def details(self, entry: Entry) -> SafeString:
        """The facts, one a line."""
        facts = ((name, words.fact(value)) for name, value in entry.facts.items())
        return format_html_join("", "<div><code>{}: {}</code></div>", facts)

    @admin.display(description="written")
    def written(self, entry: Entry) -> str:
        """When the act was committed."""
        return words.instant(entry.created_at)

    @admin.display(description="signed")
    def signed(self, entry: Entry) -> SafeString | str:
        """When it went into the tamper-evident log."""
        if entry.signed_at is None:
            return words.pill("not signed yet", "warn")
        return words.instant(entry.signed_at)
