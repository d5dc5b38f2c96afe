"""The worklist of findings: which are open, how many, how old, and what is done with them.

What is done is done with those that are ticked, or with every one that fits the search, in one
step. Telling customers shows the letters first, since a mail cannot be taken back.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from compliance.admin import finding_work, site
from compliance.admin.finding_question import Asked, Work
from compliance.admin.finding_shown import rows
from compliance.findings import queries, tell
from compliance.findings.models import Finding
from retention import clock

TITLE = "Findings"
ON_A_PAGE, LAST_PAGE = 50, 200


@require_http_methods(["GET", "HEAD", "POST"])
def worklist(request: HttpRequest) -> HttpResponse:
    """The list; POST does something with some of it, or with all."""
    asked = Asked.of(request)
    found = asked.found()
    number, flags = queries.sums(found)
    page = _page(request)
    shown = list(found.select_related("owner", "customer")[_part(page)])
    form = Work(request.POST or None, all_of_them=number)
    if request.method == "POST" and (answer := _worked(request, form, asked, page)):
        return answer
    context = {
        **site.each_context(request),
        "title": f"Error: {TITLE}" if form.errors else TITLE,
        "asked": asked,
        "choosers": asked.choosers(),
        "number": number,
        "flags": flags,
        "rows": rows(shown[:ON_A_PAGE], clock.today()),
        **finding_work.offered(request, form),
        "ticked": set(form.chosen()),
        "here": asked.address(p=page if page > 1 else ""),
        "previous": asked.address(p=page - 1) if page > 1 else "",
        "next": asked.address(p=page + 1) if len(shown) > ON_A_PAGE else "",
    }
    return TemplateResponse(request, "admin/findings.html", context)


def _page(request: HttpRequest) -> int:
    asked = request.GET.get("p", "")
    return min(max(int(asked), 1), LAST_PAGE) if asked.isdecimal() and len(asked) < 6 else 1


def _part(page: int) -> slice:
    first = (page - 1) * ON_A_PAGE
    return slice(first, first + ON_A_PAGE + 1)


def _worked(request: HttpRequest, form: Work, asked: Asked, page: int) -> HttpResponse | None:
    """The answer to what was done; None where the form has to be looked at again."""
    if not finding_work.may_work(request):
        raise PermissionDenied
    if not form.is_valid():
        return None
    chosen = _chosen(form, asked)
    here = reverse("admin:findings") + asked.address(p=page if page > 1 else "")
    return answer_to(request, form, chosen, here)


def _chosen(form: Work, asked: Asked) -> list[UUID]:
    if form.cleaned_data["which"] == "all":
        return list(asked.found().values_list("pk", flat=True))
    return form.chosen()


def answer_to(
    request: HttpRequest, form: Work, chosen: list[UUID], here: str
) -> HttpResponse | None:
    """Do it and go back; letters are shown first. A finding's own page does the same."""
    if form.cleaned_data["action"] != "tell":
        return HttpResponseRedirect(here) if finding_work.do(request, form, chosen) else None
    if "confirmed" in request.POST:
        finding_work.tell_customers(request, chosen)
        return HttpResponseRedirect(here)
    return TemplateResponse(request, "admin/finding_tell.html", _letters(request, chosen, here))


def _letters(request: HttpRequest, chosen: list[UUID], here: str) -> dict[str, Any]:
    sent = [(name, value) for name in ("which", "number") for value in request.POST.getlist(name)]
    sent += [("ids", value) for value in request.POST.getlist("ids")]
    return {
        **site.each_context(request),
        "title": "Tell the customers",
        "plan": tell.plan(chosen),
        "chosen": Finding.objects.filter(pk__in=chosen).count(),
        "here": here,
        "sent": sent,
    }


site.page(
    "findings/", worklist, name="findings", title=TITLE, task="today",
    right="compliance.view_finding",
)  # fmt: skip
