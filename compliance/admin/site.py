"""The administration: its pages by task, and the way for pages of our own to be among them.

People come with a task ("what is gone?"), not with a table. Every page therefore stands under a
task; the one table below says under which, and in which order.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from auditlog.models import LogEntry
from django.contrib import admin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.functional import SimpleLazyObject
from django.utils.text import capfirst

from compliance.alarms import queries as alarms

View = Callable[..., HttpResponse]

# Each task with its pages in their order: a model by its label, a page of our own by its name.
TASKS: Mapping[str, tuple[str, Sequence[str]]] = {
    "today": ("Today", ("index", "approvals", "findings")),
    "kept": ("What is kept", ("retention.cell", "calls", "volumes")),
    "gone": ("What is gone", ("retention.deletionrecord", "removed", "retention.sweeprun")),
    "customers": (
        "Customers",
        (
            *("compliance.customer", "compliance.apikey", "compliance.contact"),
            *("compliance.acceptance", "import_customers"),
        ),
    ),
    "policy": ("Policy", ("retention.policyversion", "ahead", "objections")),
    "log": ("Activity", ("trail", "retention.entry", "auditlog.logentry", "period")),
    "people": ("People", ("compliance.user", "compliance.member", "reading")),
    "service": ("Service", ("health",)),
}
# Where a model's own name is not what its list is called.
TITLES: Mapping[str, str] = {
    "compliance.acceptance": "Accepted terms",
    "retention.entry": "Activity log",
    "auditlog.logentry": "Field changes",
    "compliance.user": "Logins",
    "compliance.member": "Customers’ users",
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page of our own; `right` is what one needs to see it, besides being staff.

    `listed`: whether it is in the navigation; a page about one row is not.
    """

    route: str
    view: View
    name: str
    title: str
    task: str
    right: str | None = None
    listed: bool = True

    def may_be_seen(self, request: HttpRequest) -> bool:
        """Whether it is in this person's navigation."""
        return self.right is None or request.user.has_perm(self.right)

    def answer(self, request: HttpRequest, **named: Any) -> HttpResponse:
        """The page, or 403: a page that is not in the navigation is not open by its address."""
        if not self.may_be_seen(request):
            raise PermissionDenied
        return self.view(request, **named)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the navigation."""

    title: str
    url: str
    current: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A heading of the navigation with its lines."""

    key: str
    title: str
    entries: Sequence[Entry] = field(default_factory=tuple)


def task_of(name: str | type[Model]) -> str:
    """The task of a model (or its label), or of a page of our own by its name."""
    name = name if isinstance(name, str) else name._meta.label_lower
    for key, (_title, pages) in TASKS.items():
        if name in pages:
            return key
    raise LookupError(f"{name} stands under no task: add it to TASKS in {__name__}")


def title_of(model: type[Model]) -> str:
    """What a model's list is called, in the navigation and above it."""
    meta = model._meta
    return TITLES.get(meta.label_lower) or capfirst(str(meta.verbose_name_plural))


class Site(admin.AdminSite):
    """Django's administration, ordered by task."""

    site_title = site_header = "Sandglass"
    index_title = "Today"
    site_url = "/"
    empty_value_display = "–"
    enable_nav_sidebar = False

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.pages: dict[str, Page] = {}
        self.front: View | None = None

    def page(
        self,
        route: str,
        view: View,
        *,
        name: str,
        title: str,
        task: str,
        right: str | None = None,
        listed: bool = True,
    ) -> None:
        """Put a page of our own under its task; it is reversed as `admin:<name>`."""
        if task not in TASKS:
            raise LookupError(f"There is no task {task}: the tasks are {', '.join(TASKS)}.")
        self.pages[name] = Page(route, view, name, title, task, right, listed)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our pages first: the last of Django's addresses takes everything."""
        ours: list[URLPattern | URLResolver] = [
            path(page.route, self.admin_view(page.answer), name=page.name)
            for page in self.pages.values()
        ]
        return ours + super().get_urls()

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The first page: ours, once one was given."""
        return self.front(request) if self.front else super().index(request, extra_context)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """One page for it, the same for everybody."""
        return HttpResponseRedirect(reverse("account_change_password"))

    def logout(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """One way out, the same for everybody."""
        return HttpResponseRedirect(reverse("account_logout"))

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> Any:
        """A list of tables by package is nobody's task."""
        return HttpResponseRedirect(reverse("admin:index"))

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """With the navigation, and the line of it that is lit."""
        tasks = self.tasks(request)
        lit = [entry for task in tasks for entry in task.entries if entry.current]
        here = lit[0] if lit else None
        return {
            **super().each_context(request),
            "tasks": tasks,
            "here": here,
            "alarms": SimpleLazyObject(alarms.on),
        }

    def tasks(self, request: HttpRequest) -> list[Task]:
        """Every task with the pages that this person may see; tasks without any are left out."""
        entries = dict(self._entries(request))
        here = _here(request.path, [url for _task, _title, url in entries.values()])
        tasks = []
        for key, (title, order) in TASKS.items():
            names = [*order, *(name for name in self.pages if name not in order)]
            found = [entries[name] for name in names if name in entries]
            lines = [Entry(text, url, url == here) for task, text, url in found if task == key]
            tasks += [Task(key, title, lines)] * bool(lines)
        return tasks

    def _entries(self, request: HttpRequest) -> Iterator[tuple[str, tuple[str, str, str]]]:
        """Name, and task, title and address, of everything that may be seen."""
        yield "index", ("today", self.index_title, reverse("admin:index"))
        for model, pages in self._registry.items():
            if pages.has_view_permission(request):
                meta = model._meta
                url = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
                yield meta.label_lower, (task_of(model), title_of(model), url)
        for page in self.pages.values():
            if page.listed and page.may_be_seen(request):
                yield page.name, (page.task, page.title, reverse(f"admin:{page.name}"))


def _here(address: str, urls: Sequence[str]) -> str:
    """The line that is lit: the longest address that the page's own begins with."""
    return max((url for url in urls if address.startswith(url)), key=len, default="")


@functools.cache
def the_site() -> Site:
    """The one site; Django asks for it more than once while this package is being read."""
    return Site()


page = the_site().page
each_context = the_site().each_context

# They register themselves when Django gets to them: let them do it now, and take them away again.
# Roles are written in `people/roles.py`; addresses are the login's own; second factors are nobody
# else's to see. The list of field changes comes back in `changes.py`, with our columns.
for app in ("django.contrib.auth", "allauth.account", "allauth.mfa", "auditlog"):
    import_module(f"{app}.admin")
admin.site.unregister([Group, EmailAddress, Authenticator, LogEntry])
