"""What the pages share: lists that stay quick, rows to look at, rows of a customer."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance.admin import words
from compliance.admin.paging import Pages
from compliance.customers.models import Customer

# So many customers at most answer to a name; whoever types one letter means none of them.
MOST_NAMED = 200


class Paged(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists that stay quick when they are long: fifty a page, nothing counted."""

    list_per_page = 50
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    change_list_template = "admin/compliance/change_list.html"

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[Pages]:
        """The list that does not count."""
        return Pages

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted here: deletion has rules, and they are not a button's."""
        return False


class LookedAt:
    """To look at. What happens to these rows is the engine's work alone."""

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds any by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes any by hand."""
        return False


class ReadOnly(LookedAt, Paged):
    """A list and pages to look at."""

    actions = None


class ReadOnlyInline(LookedAt, admin.TabularInline):  # type: ignore[type-arg]
    """Rows that belong to the one looked at."""

    extra = 0
    can_delete = False


class OfCustomers(ReadOnly):
    """Rows that hold a customer's bare id and the day from which they are counted.

    They come in one fixed order, the one that the database has them in: any other would mean to
    read and sort all of them.
    """

    sortable_by = ()
    search_fields = ("customer_id",)
    search_help_text = "A customer's name or id, a date such as 2026-11-22, or the id of a row"

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the customers' names, in the one query."""
        return with_customer_name(super().get_queryset(request))

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Every word must fit."""
        for term in search_term.split():
            queryset = queryset.filter(matching(term))
        return queryset, False

    @admin.display(description="customer")
    def customer(self, row: Any) -> SafeString | str:
        """By name, and to its page."""
        if row.customer_name is None:
            return str(row.customer_id)
        return link("compliance_customer", row.customer_id, row.customer_name)

    @admin.display(description="counted from")
    def counted_from(self, row: Any) -> str:
        """The UTC day on which the retention clock started."""
        return words.day(row.clock_day)


def link(model: str, identifier: object, text: str) -> SafeString:
    """To the page of a row; `model` as Django's admin names it."""
    return format_html(
        '<a href="{}">{}</a>', reverse(f"admin:{model}_change", args=[identifier]), text
    )


def with_customer_name(rows: QuerySet[Any], customer: str = "customer_id") -> QuerySet[Any]:
    """The rows with `customer_name`, in the same query: the engine holds a bare id."""
    names = Customer.objects.filter(pk=OuterRef(customer)).values("name")[:1]
    named: QuerySet[Any] = rows.annotate(customer_name=Subquery(names))
    return named


def customers_named(term: str) -> list[UUID]:
    """Every customer with this id, or whose name contains the term.

    Asked for beforehand: with their ids the database reads the rows of these customers, with a
    condition on the names it would try them all.
    """
    if identifier := as_uuid(term):
        return [identifier]
    if "\0" in term:
        return []
    named = Customer.objects.filter(name__icontains=term).order_by()
    return list(named.values_list("pk", flat=True)[:MOST_NAMED])


def matching(term: str) -> Q:
    """Rows of a customer (name or id), of an id, or counted from a date."""
    if identifier := as_uuid(term):
        return Q(customer_id=identifier) | Q(pk=identifier)
    if day := as_date(term):
        return Q(clock_day=day)
    return Q(customer_id__in=customers_named(term))


def as_uuid(term: str) -> UUID | None:
    """The id that was typed, or None."""
    try:
        return UUID(term)
    except ValueError:
        return None


def as_date(term: str) -> date | None:
    """The date that was typed, or None."""
    try:
        return date.fromisoformat(term)
    except ValueError:
        return None
