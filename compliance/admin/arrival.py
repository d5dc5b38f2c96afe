"""Take customers in from a list: upload, look at what would happen, take in, mend what was refused.

The list is planned anew at each look, so what is shown is what is left to do. A long one is taken
in by steps of a few seconds: each customer is a transaction of its own, and nothing is lost when a
step ends or a browser goes.
"""

from __future__ import annotations

from dataclasses import asdict
from time import monotonic
from typing import Any

from django import forms
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from compliance.admin import site
from compliance.admin.readonly import as_uuid
from compliance.arrival.columns import COLUMNS
from compliance.arrival.complaints import refused_csv
from compliance.arrival.errors import Unreadable
from compliance.arrival.models import Upload
from compliance.arrival.plan import Plan, plan
from compliance.arrival.read import LARGEST, Problem, Reading, read
from compliance.arrival.take_in import take_in
from compliance.audit.tables import csv_pieces
from compliance.people.acting import acting
from compliance.people.models import User
from retention import clock
from retention.errors import NoSuchPolicy

# A worker of the web server has other things to do as well.
STEP_SECONDS = 12
MOST_SHOWN = 200
EXAMPLE = (
    "K-1001",
    "Acme GmbH",
    "Lena Berg <lena@acme.example>; legal@acme.example",
    "Samir Haddad <security@acme.example>",
    "ops@acme.example",
    "60",
    "",
    "2026-03",
    "2026-03-14",
    "Lena Berg",
    "standard",
    "no",
)


class ListForm(forms.Form):
    """The file."""

    file = forms.FileField(
        label="CSV file",
        max_length=200,
        widget=forms.FileInput(attrs={"accept": ".csv,text/csv"}),
        error_messages={"empty": "The file is empty.", "required": "Choose a file."},
    )

    def clean_file(self) -> UploadedFile[Any]:
        """One that can be read as a list."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            raise forms.ValidationError(f"The file is larger than {LARGEST // 1024 // 1024} MB.")
        self.content = file.read()
        try:
            read(self.content)
        except Unreadable as error:
            raise forms.ValidationError(str(error)) from None
        return file


@require_http_methods(["GET", "HEAD", "POST"])
def arrival(request: HttpRequest) -> HttpResponse:
    """The page: without a list, the form; with one, what it would do."""
    identifier = as_uuid(request.GET.get("list", ""))
    upload = Upload.objects.filter(pk=identifier).first() if identifier else None
    if upload is None:
        return _form(request)
    reading = read(bytes(upload.content))
    planned = plan(reading, today=clock.today())
    if request.method == "POST":
        return _step(request, upload, planned)
    if request.GET.get("refused"):
        return _refused(reading, _problems(upload, planned))
    return _looked_at(request, upload, planned)


def _form(request: HttpRequest) -> HttpResponse:
    form = ListForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid() and isinstance(request.user, User):
        upload = Upload.objects.create(
            name=form.cleaned_data["file"].name[:200],
            content=form.content,
            made_by=request.user,
            made_at=clock.host_now(),
        )
        return HttpResponseRedirect(_url(upload))
    if request.GET.get("example"):
        return _example()
    context = {
        **site.each_context(request),
        "title": "Import customers",
        "form": form,
        "columns": list(COLUMNS),
        "waiting": Upload.objects.filter(taken_in_at=None).select_related("made_by")[:10],
    }
    return TemplateResponse(request, "admin/arrival/form.html", context)


def _step(request: HttpRequest, upload: Upload, planned: Plan) -> HttpResponse:
    if "discard" in request.POST:
        upload.delete()
        messages.success(request, "The list was discarded. Customers stay as they are.")
        return HttpResponseRedirect(reverse("admin:import_customers"))
    until = monotonic() + STEP_SECONDS
    try:
        result = take_in(
            planned, by=acting(request), now=clock.now(), stop=lambda: monotonic() > until
        )
    except NoSuchPolicy:
        text = "Nobody was taken on: there is no approved policy version to offer."
        messages.error(request, f"{text} An officer must approve one first.")
        return HttpResponseRedirect(_url(upload))
    upload.made += result.made
    upload.trouble = [asdict(problem) for problem in result.problems]
    if not result.left:
        upload.taken_in_at = clock.host_now()
    upload.save(update_fields=["made", "trouble", "taken_in_at"])
    text = f"{result.made:,} customers were taken on, {result.added_to:,} got what they lacked."
    messages.success(request, text + f" {result.left:,} are left: go on." * bool(result.left))
    return HttpResponseRedirect(_url(upload))


def _looked_at(request: HttpRequest, upload: Upload, planned: Plan) -> HttpResponse:
    problems = _problems(upload, planned)
    context: dict[str, Any] = {
        **site.each_context(request),
        "title": upload.name,
        "upload": upload,
        "plan": planned,
        "problems": problems[:MOST_SHOWN],
        "more_problems": max(0, len(problems) - MOST_SHOWN),
        "notes": planned.notes[:MOST_SHOWN],
        "more_notes": max(0, len(planned.notes) - MOST_SHOWN),
        "todo": planned.todo[:MOST_SHOWN],
        "more_todo": max(0, len(planned.todo) - MOST_SHOWN),
        "refused": len({problem.line for problem in problems}),
        "url": _url(upload),
    }
    return TemplateResponse(request, "admin/arrival/list.html", context)


def _problems(upload: Upload, planned: Plan) -> list[Problem]:
    """What the list itself has, and what the database refused when it was taken in last."""
    still = {intent.line.number for intent in planned.todo}
    refused = [Problem(**problem) for problem in upload.trouble if problem["line"] in still]
    return sorted([*planned.problems, *refused], key=lambda problem: problem.line)


def _refused(reading: Reading, problems: list[Problem]) -> HttpResponse:
    return _csv(refused_csv(reading, problems), "refused-lines.csv")


def _example() -> HttpResponse:
    return _csv(csv_pieces(list(COLUMNS), [EXAMPLE]), "customers.csv")


def _csv(pieces: Any, name: str) -> HttpResponse:
    answer = StreamingHttpResponse(pieces, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer  # type: ignore[return-value]


def _url(upload: Upload) -> str:
    return reverse("admin:import_customers", query={"list": str(upload.pk)})


site.page(
    "customers/import/", arrival, name="import_customers", title="Import customers",
    task="customers", right="compliance.add_customer",
)  # fmt: skip
