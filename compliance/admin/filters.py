"""The filters beside the lists."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.text import capfirst

from compliance.admin import words
from compliance.admin.acts import of_customers
from compliance.admin.readonly import as_date, as_uuid, customers_named
from retention import clock
from retention.ledger.append import KINDS
from retention.records.models import Cell


class TypedFilter(admin.SimpleListFilter):
    """A filter with a field to type into: there are too many values for a list of links."""

    typed_as: ClassVar[str] = "search"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Nothing to choose from."""
        return ()

    def has_output(self) -> bool:
        """Shown all the same."""
        return True

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Neither."""
        yield from ()


class CustomerFilter(TypedFilter):
    """By a customer's name, or a part of it, or its id."""

    title, parameter_name = "customer", "customer"
    field: ClassVar[str] = "customer_id"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of every customer that is called so."""
        if not (typed := (self.value() or "").strip()):
            return queryset
        return queryset.filter(**{f"{self.field}__in": customers_named(typed)})


class OfCustomerFilter(CustomerFilter):
    """In the activity log, which names customers by pseudonym only."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The entries about every customer that is called so."""
        if not (typed := (self.value() or "").strip()):
            return queryset
        return queryset.filter(of_customers(customers_named(typed)))


class WrittenOnFilter(TypedFilter):
    """By the UTC day on which something was written down."""

    title, parameter_name, typed_as = "day", "day", "date"
    field: ClassVar[str] = "created_at"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """From that midnight to the next."""
        if not self.value():
            return queryset
        if not (day := as_date(str(self.value()))):
            return queryset.none()
        first = datetime.combine(day, time(), UTC)
        span = {f"{self.field}__gte": first, f"{self.field}__lt": first + timedelta(days=1)}
        return queryset.filter(**span)


class ChangedOnFilter(WrittenOnFilter):
    """By the UTC day, of the host, on which a field was changed."""

    field = "timestamp"


class OnDayFilter(TypedFilter):
    """By the day from which things are counted."""

    title, parameter_name, typed_as = "day of the call", "day", "date"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What is counted from that UTC day; nothing, if it is no day."""
        if not self.value():
            return queryset
        day = as_date(str(self.value()))
        return queryset.filter(clock_day=day) if day else queryset.none()


class GoesOnFilter(TypedFilter):
    """By the deletion date itself."""

    title, parameter_name, typed_as = "deletion date", "goes", "date"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """What is deleted on that day and is not deleted yet."""
        if not self.value():
            return queryset
        day = as_date(str(self.value()))
        going = queryset.exclude(state=Cell.State.PURGED)
        return going.filter(expires_on=day) if day else queryset.none()


class RemovedFromFilter(TypedFilter):
    """Of deletion records: by the first UTC day on which items were removed."""

    title, parameter_name, typed_as = "removed from", "from", "date"
    bound: ClassVar[str] = "rows_removed_at__gte"
    days_after: ClassVar[int] = 0

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """From that midnight on; nothing, if it is no day."""
        if not self.value():
            return queryset
        if not (day := as_date(str(self.value()))) or day == date.max:
            return queryset.none()
        bound = datetime.combine(day + timedelta(days=self.days_after), time(), UTC)
        return queryset.filter(**{self.bound: bound})


class RemovedToFilter(RemovedFromFilter):
    """And by the last one, which is within."""

    title, parameter_name = "removed to", "to"
    bound = "rows_removed_at__lt"
    days_after = 1


class StateFilter(admin.SimpleListFilter):
    """What is kept, unless something else is asked for: each is read from an index of its own."""

    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Every state, in the order of a day group's life."""
        return [(state, capfirst(words.STATES[state])) for state in Cell.State.values]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The first one is no state but all those before the last."""
        shown = iter(super().choices(changelist))
        yield {**next(shown), "display": "All but deleted"}
        yield from shown

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """One state alone, or everything that is not deleted."""
        kept = queryset.exclude(state=Cell.State.PURGED)
        state = self.value()
        if state == Cell.State.PURGED:
            return queryset.filter(state=state)
        if state in Cell.State.values:
            return kept.filter(state=state)
        # Whoever looks for one row by its id finds it in whatever state.
        return queryset if as_uuid(request.GET.get("q", "")) else kept


class KindOfDataFilter(admin.SimpleListFilter):
    """By kind of data, in plain words."""

    title = "kind of data"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Every kind there is."""
        return [(key, capfirst(name)) for key, name in words.KINDS_OF_DATA.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The chosen kind alone."""
        return queryset.filter(data_class=self.value()) if self.value() else queryset


class DayFilter(admin.SimpleListFilter):
    """By a date, counted from the clock's today, which in a demonstration is not the host's."""

    field: ClassVar[str]
    spans: ClassVar[dict[str, tuple[str, int | None, int | None]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """The spans by name."""
        return [(key, name) for key, (name, _first, _last) in self.spans.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows whose date lies in the chosen span."""
        if self.value() not in self.spans:
            return queryset
        _name, first, last = self.spans[str(self.value())]
        today = clock.today()
        if first is not None:
            queryset = queryset.filter(**{f"{self.field}__gte": today + timedelta(days=first)})
        if last is not None:
            queryset = queryset.filter(**{f"{self.field}__lte": today + timedelta(days=last)})
        return queryset


class DeletionDateFilter(DayFilter):
    """What is due, and what is due next. What is deleted already has no date to come."""

    title, parameter_name, field = "due for deletion", "until", "expires_on"
    spans: ClassVar[dict[str, tuple[str, int | None, int | None]]] = {
        "due": ("Today or before", None, 0),
        "week": ("In the next 7 days", 1, 7),
        "month": ("In the next 31 days", 1, 31),
        "later": ("Later", 32, None),
    }

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Of what is not deleted yet."""
        found = super().queryset(request, queryset)
        return found.exclude(state=Cell.State.PURGED) if self.value() in self.spans else found


class ActFilter(admin.SimpleListFilter):
    """By act; the list comes from the code, since asking the log itself would read all of it."""

    title = "act"
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Every act that is ever logged."""
        return [(kind, capfirst(meaning.partition(":")[0])) for kind, meaning in KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The chosen act alone."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class HappenedFilter(admin.SimpleListFilter):
    """By whether a moment that a row waits for has come."""

    field: ClassVar[str]
    names: ClassVar[tuple[str, str]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Not yet, and since then."""
        return zip(("no", "yes"), self.names, strict=True)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """Rows on the chosen side of it."""
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(**{f"{self.field}__isnull": self.value() == "no"})


class RevokedFilter(HappenedFilter):
    """Keys that work, and keys that do not any more."""

    title, parameter_name, field = "validity", "revoked", "revoked_at"
    names = ("Valid", "Revoked")


class EndedFilter(HappenedFilter):
    """Contacts that are written to, and those that are not any more."""

    title, parameter_name, field = "validity", "ended", "ended_at"
    names = ("Current", "Ended")


class SignedFilter(HappenedFilter):
    """Entries that still wait for their signature."""

    title, parameter_name, field = "signature", "signed", "signed_at"
    names = ("Not signed yet", "Signed")
