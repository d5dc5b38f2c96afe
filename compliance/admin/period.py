"""The evidence of a period, as one file for an auditor."""

from __future__ import annotations

from datetime import date, timedelta
from secrets import randbelow
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import FileResponse, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.views.decorators.http import require_http_methods

from compliance.admin import site
from compliance.audit.pack import LARGEST_SAMPLE, SAMPLE, build
from compliance.audit.populations import Period, populations
from compliance.people.acting import acting
from retention import clock

# Short enough to be typed again, long enough that nobody picks it for what it draws.
LARGEST_SEED = 10**9


class PeriodForm(forms.Form):
    """From when to when, and how the samples are drawn."""

    first = forms.DateField(label="From")
    last = forms.DateField(label="To", help_text="UTC days, both within.")
    sample = forms.IntegerField(
        label="Rows in each sample", min_value=1, max_value=LARGEST_SAMPLE, initial=SAMPLE
    )
    seed = forms.IntegerField(
        label="Seed", required=False, min_value=0, max_value=LARGEST_SEED,
        help_text="Empty: drawn by chance. The same seed over the same lists draws the same rows.",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in ("first", "last"):
            self.fields[name].widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")

    def clean(self) -> dict[str, Any]:
        """A period that is over, or goes on."""
        cleaned = super().clean() or {}
        first, last = cleaned.get("first"), cleaned.get("last")
        if first and last and last < first:
            self.add_error("last", "The period ends before it begins.")
        if last and last > clock.today():
            self.add_error("last", "That day has not come yet.")
        return cleaned


@require_http_methods(["GET", "HEAD", "POST"])
def period(request: HttpRequest) -> HttpResponse:
    """The form; posted to, the file."""
    if not request.user.has_perm("auditlog.view_logentry"):
        raise PermissionDenied
    form = PeriodForm(request.POST or None, initial=_last_month(clock.today()))
    if request.method == "POST" and form.is_valid():
        return _file(request, form.cleaned_data)
    context = {
        **site.each_context(request),
        "title": "Evidence of a period",
        "form": form,
        "lists": populations(),
    }
    return TemplateResponse(request, "admin/audit/period.html", context)


def _file(request: HttpRequest, asked: dict[str, Any]) -> HttpResponse:
    seed = randbelow(LARGEST_SEED) if asked["seed"] is None else asked["seed"]
    days = Period(asked["first"], asked["last"])
    spool, _checks = build(
        days, seed=seed, sample=asked["sample"], by=acting(request), now=clock.now()
    )
    name = f"evidence-{days.first}-{days.last}.zip"
    return FileResponse(spool, as_attachment=True, filename=name)  # type: ignore[return-value]


def _last_month(today: date) -> dict[str, date]:
    last = today.replace(day=1) - timedelta(days=1)
    return {"first": last.replace(day=1), "last": last}


site.page(
    "evidence/", period, name="period", title="Evidence of a period", task="log",
    right="retention.view_entry",
)  # fmt: skip
