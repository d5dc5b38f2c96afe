"""The filters beside the lists."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from compliance.admin import words
from retention import clock
from retention.ledger.append import KINDS


class KindOfDataFilter(admin.SimpleListFilter):
    """By kind of data, in plain words."""

    title = "kind of data"
    parameter_name = "kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Every kind there is."""
        return words.KINDS_OF_DATA.items()

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


class CountedFromFilter(DayFilter):
    """Young or old."""

    title, parameter_name, field = "counted from", "from", "clock_day"
    spans: ClassVar[dict[str, tuple[str, int | None, int | None]]] = {
        "today": ("Today", 0, 0),
        "week": ("The last 7 days", -6, 0),
        "month": ("The last 31 days", -30, 0),
        "older": ("Longer ago", None, -31),
    }


class DeletionDateFilter(DayFilter):
    """What is due, and what is due next."""

    title, parameter_name, field = "deletion date", "until", "expires_on"
    spans: ClassVar[dict[str, tuple[str, int | None, int | None]]] = {
        "due": ("Today or before", None, 0),
        "week": ("In the next 7 days", 1, 7),
        "month": ("In the next 31 days", 1, 31),
        "later": ("Later", 32, None),
    }


class ActFilter(admin.SimpleListFilter):
    """By act; the list comes from the code, since asking the log itself would read all of it."""

    title = "act"
    parameter_name = "act"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Every act that is ever logged."""
        return [(kind, kind) for kind in KINDS]

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


class SignedFilter(HappenedFilter):
    """Entries that still wait for their signature."""

    title, parameter_name, field = "signature", "signed", "signed_at"
    names = ("Not signed yet", "Signed")
