"""Field changes: who edited what, to look at. The database lets nobody take any back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from auditlog.models import LogEntry
from django.contrib import admin
from django.core.exceptions import FieldDoesNotExist
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from compliance.admin import site, words
from compliance.admin.filters import ChangedOnFilter
from compliance.admin.readonly import ReadOnly, link

assert site  # it takes the package's own page away first

DONE = {
    LogEntry.Action.CREATE: "added",
    LogEntry.Action.UPDATE: "changed",
    LogEntry.Action.DELETE: "removed",
    LogEntry.Action.ACCESS: "looked at",
}
# Where the model's own word says something else than the pages do.
THINGS = {"user": "login"}
FIELDS = {
    "is_active": "may sign in",
    "is_superuser": "administrator",
    "groups": "roles",
    "user_permissions": "single rights",
    "password_is_initial": "password chosen by somebody else",
    "created_at": "created",
    "may_ingest": "may send",
}
# A list names so many fields; the page of the change has all of them.
MOST_NAMED = 4
INSTANT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d)?\Z")


class DoneFilter(admin.SimpleListFilter):
    """By what was done."""

    title, parameter_name = "what was done", "done"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, str]]:
        """Whatever is written down: looking at a page is not."""
        return [(str(int(a)), word) for a, word in DONE.items() if a != LogEntry.Action.ACCESS]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The chosen one alone."""
        chosen = {str(int(action)) for action in DONE} & {self.value()}
        return queryset.filter(action__in=map(int, chosen)) if chosen else queryset


@admin.register(LogEntry)
class FieldChangeAdmin(ReadOnly):
    """What the forms changed, by whom."""

    lead = (
        "What was edited on these pages and in logins, field by field. What was done to "
        "customers, keys, policy and data stands in the activity log, which is signed."
    )
    list_display = ("at", "thing", "done", "fields_changed", "who")
    list_filter = (ChangedOnFilter, DoneFilter)
    sortable_by = ()
    list_select_related = ("content_type", "actor")
    ordering = ("-timestamp", "-pk")
    search_fields = ("object_repr", "actor__email")
    search_help_text = "A name or a login's address"
    fields = ("at", "who", "thing", "done", "before_and_after")
    readonly_fields = fields

    change_form_template = "admin/compliance/field_change.html"

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """Under what was done to what, in words."""
        entry = context["original"]
        context["told"] = f"{_named(entry)} {DONE[entry.action]}"
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="when", ordering="timestamp")
    def at(self, entry: Any) -> str:
        """By host time."""
        return words.instant(entry.timestamp)

    @admin.display(description="what")
    def thing(self, entry: Any) -> SafeString | str:
        """What sort of thing it is, its name, and the way to it while it is there."""
        text = _named(entry)
        if entry.action == LogEntry.Action.DELETE or _model(entry) is None:
            return text
        page = f"{entry.content_type.app_label}_{entry.content_type.model}"
        return link(page, entry.object_pk, text)

    @admin.display(description="was")
    def done(self, entry: Any) -> str:
        """Added, changed or removed."""
        return DONE[entry.action]

    @admin.display(description="fields")
    def fields_changed(self, entry: Any) -> str:
        """Their names, the first few."""
        if entry.action == LogEntry.Action.DELETE:
            return words.NOTHING
        names = [name for name, _before, _after in _changes(entry)]
        more = len(names) - MOST_NAMED
        told = ", ".join(names[:MOST_NAMED]) or words.NOTHING
        return f"{told} and {more} more" if more > 0 else told

    @admin.display(description="by")
    def who(self, entry: Any) -> SafeString | str:
        """A login, or nobody who was signed in."""
        if entry.actor is None:
            return "the service"
        return link("compliance_user", entry.actor.pk, str(entry.actor))

    @admin.display(description="before and after")
    def before_and_after(self, entry: Any) -> SafeString | str:
        """Field by field."""
        rows = format_html_join(
            "", '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>', _changes(entry)
        )
        if not rows:
            return words.NOTHING
        return format_html(
            '<div class="table-wrap" tabindex="0" role="region" aria-label="Before and after">'
            '<table class="list"><thead><tr><th scope="col">Field</th><th scope="col">Before</th>'
            '<th scope="col">After</th></tr></thead><tbody>{}</tbody></table></div>',
            rows,
        )


def _model(entry: LogEntry) -> type[Model] | None:
    model: type[Model] | None = entry.content_type.model_class()
    return model


def _named(entry: LogEntry) -> str:
    return f"{capfirst(_sort(entry))} {entry.object_repr}"


def _sort(entry: LogEntry) -> str:
    name = str(entry.content_type.name) if _model(entry) is None else _verbose(_model(entry))
    return THINGS.get(name, name)


def _verbose(model: type[Model] | None) -> str:
    return str(model._meta.verbose_name) if model else ""


def _changes(entry: LogEntry) -> Iterator[tuple[str, str, str]]:
    """Each field in words, before and after; what only points here from elsewhere is left out."""
    for name, change in (entry.changes_dict or {}).items():
        if name == "id" or (told := _field(_model(entry), name)) is None:
            continue
        if isinstance(change, dict):
            objects = ", ".join(str(one).replace("_", " ") for one in change.get("objects", ()))
            taken = change.get("operation") in ("delete", "remove")
            yield told, *((objects, words.NOTHING) if taken else (words.NOTHING, objects))
        else:
            before, after = (*change, None, None)[:2]
            yield told, _value(before), _value(after)


def _field(model: type[Model] | None, name: str) -> str | None:
    if name in FIELDS or model is None:
        return FIELDS.get(name, name.replace("_", " "))
    try:
        field = model._meta.get_field(name)
    except FieldDoesNotExist:
        return name.replace("_", " ")
    if field.auto_created and not field.concrete:
        return None
    return str(getattr(field, "verbose_name", name)).replace("_", " ")


def _value(value: object) -> str:
    if isinstance(value, str) and INSTANT.match(value):
        moment = datetime.fromisoformat(value)
        return words.instant(moment if moment.tzinfo else moment.replace(tzinfo=UTC))
    said = {"True": "yes", "False": "no", "None": words.NOTHING, "": words.NOTHING}
    return said.get(str(value), str(value))
