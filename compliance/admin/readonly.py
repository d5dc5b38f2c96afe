"""What the looking-only pages share."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest

from compliance.admin import lists
from compliance.customers.models import Customer


class Paged(admin.ModelAdmin):  # type: ignore[type-arg]
    """Lists that stay quick when they are long: fifty a page, no second count of everything."""

    list_per_page = 50
    show_full_result_count = False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        """Search and filters in one form."""
        return lists.List

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nothing is deleted here: deletion has rules, and they are not a button's."""
        return False


class ReadOnly(Paged):
    """To look at. What happens to these rows is the engine's work alone."""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nobody adds any by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes any by hand."""
        return False


class ReadOnlyInline(admin.TabularInline):  # type: ignore[type-arg]
    """Rows that belong to the one looked at."""

    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody adds any by hand."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes any by hand."""
        return False


def with_customer_name(rows: QuerySet[Any], customer: str = "customer_id") -> QuerySet[Any]:
    """The rows with `customer_name`, in the same query: the engine holds a bare id."""
    names = Customer.objects.filter(pk=OuterRef(customer)).values("name")[:1]
    named: QuerySet[Any] = rows.annotate(customer_name=Subquery(names))
    return named


def of_customers_named(term: str, customer: str = "customer_id") -> Q:
    """Rows of every customer whose name contains the term."""
    return Q(**{f"{customer}__in": Customer.objects.filter(name__icontains=term).values("pk")})


def matching(term: str, days: Sequence[str]) -> Q:
    """Rows of a customer (name or id), or of a date in one of the named fields."""
    try:
        return Q(customer_id=UUID(term)) | Q(pk=UUID(term))
    except ValueError:
        pass
    try:
        day = date.fromisoformat(term)
    except ValueError:
        return of_customers_named(term)
    return Q(*((name, day) for name in days), _connector=Q.OR)
