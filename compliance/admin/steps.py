"""Steps that cannot simply be undone: each on a page of its own that says what will happen.

A step is data: its words, when it applies, and the verb that takes it. The page asks with a form,
the verb writes its entry into the activity log, and whoever comes second is told so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import path, reverse

from compliance.admin.readonly import Paged
from compliance.customers.errors import StaleContact, StaleCustomer, StaleKey
from compliance.people.acting import acting
from retention import clock


@dataclass(frozen=True, slots=True)
class Step:
    """`happens`: sentences about the row, `undo`: whether there is a way back, and which.

    `typed`: the row's name has to be typed first, since nothing can bring it back.
    """

    name: str
    label: str
    title: str
    happens: Callable[[Any], Sequence[str]]
    undo: str
    done: str
    verb: Callable[..., None]
    applies: Callable[[Any], bool]
    typed: bool = False
    danger: bool = True


class WithSteps(Paged):
    """A page for each step of a row, and the way to those that apply to it."""

    steps: ClassVar[Sequence[Step]] = ()
    change_form_template = "admin/compliance/with_steps.html"

    def get_urls(self) -> Any:
        """The steps before Django's own addresses, of which the last takes everything."""
        pages = [
            path(
                f"<path:object_id>/{step.name}/",
                self.admin_site.admin_view(partial(self.step_view, step=step)),
                name=f"{self._name}_{step.name}",
            )
            for step in self.steps
        ]
        return [*pages, *super().get_urls()]

    @property
    def _name(self) -> str:
        return f"{self.opts.app_label}_{self.opts.model_name}"

    def may_take_steps(self, request: HttpRequest) -> bool:
        """Whoever may change rows of this kind."""
        return bool(super().has_change_permission(request))

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """With the steps that apply to the row."""
        row = context.get("original")
        steps = [step for step in self.steps if row and step.applies(row)]
        context["steps"] = [
            (step, reverse(f"admin:{self._name}_{step.name}", args=[row.pk]))
            for step in steps * self.may_take_steps(request)
        ]
        return super().render_change_form(request, context, *args, **kwargs)

    def step_view(self, request: HttpRequest, object_id: str, step: Step) -> HttpResponse:
        """What will happen, and the button; then it has happened."""
        if not self.may_take_steps(request):
            raise PermissionDenied
        row: Any = self.get_object(request, unquote(object_id))
        if row is None:
            raise Http404
        if not step.applies(row):
            return self._left_as_it_was(request, row)
        typed = request.POST.get("typed", "").strip()
        wrong = step.typed and typed != str(row)
        if request.method == "POST" and not wrong:
            return self._take(request, row, step)
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": step.title.format(row),
            "row": row,
            "row_url": self._url_of(row),
            "step": step,
            "happens": step.happens(row),
            "typed": typed,
            "wrong": wrong and request.method == "POST",
        }
        return TemplateResponse(request, "admin/compliance/step.html", context)

    def _take(self, request: HttpRequest, row: Any, step: Step) -> HttpResponse:
        try:
            step.verb(row, by=acting(request), now=clock.now())
        except (StaleContact, StaleCustomer, StaleKey):
            return self._left_as_it_was(request, row)
        self.message_user(request, step.done.format(row), messages.SUCCESS)
        return HttpResponseRedirect(self._url_of(row))

    def _left_as_it_was(self, request: HttpRequest, row: Any) -> HttpResponse:
        """Somebody else was first, or the page was old."""
        row.refresh_from_db()
        text = f"Nothing was done: {row} is {self.state_of(row)} already."
        self.message_user(request, text, messages.WARNING)
        return HttpResponseRedirect(self._url_of(row))

    def state_of(self, row: Any) -> str:
        """In a word, for whoever came too late."""
        return "as it was"

    def _url_of(self, row: Any) -> str:
        return reverse(f"admin:{self._name}_change", args=[row.pk])
