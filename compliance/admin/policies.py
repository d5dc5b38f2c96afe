"""Policy versions, to look at."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Count, Min, Q, QuerySet
from django.forms import Media
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance.admin import words
from compliance.admin.readonly import ReadOnly, ReadOnlyInline
from compliance.notices.wording import wording
from retention import clock
from retention.policies.models import Activation, PolicyPeriod, PolicyVersion, RecordedVersion

TO_COME = {
    "draft": "This is a draft: it binds nobody. A second officer has to approve it, never the one"
    " who wrote it, and customers are told at least 30 days before it applies. Approving and"
    " announcing are not built into this page yet: they come with a second officer’s sign-in.",
    "approved": "This version is approved and binds nobody: it was not announced to customers yet."
    " Announcing is not built into this page yet.",
}


def binding(versions: QuerySet[Any], today: date) -> QuerySet[Any]:
    """The versions, each with how many customers it binds today (`bound`) and `since` when.

    `since`: the day from which it applies to the first of them.
    """
    latest = (
        Activation.objects.filter(effective_on__lte=today, voided_at=None)
        .order_by("customer_id", "-effective_on", "-version__number")
        .distinct("customer_id")
    )
    today_only = Q(activations__in=latest.values("pk"))
    bound: QuerySet[Any] = versions.annotate(
        bound=Count("activations", filter=today_only),
        since=Min("activations__effective_on", filter=today_only),
    )
    return bound


def periods_in_force(today: date) -> dict[str, str]:
    """How long each kind of data is kept: under each version that binds somebody today."""
    found: dict[str, list[str]] = {}
    versions = binding(PolicyVersion.objects.all(), today).filter(bound__gt=0).order_by("number")
    for version in versions.prefetch_related("periods"):
        for period in version.periods.all():
            lengths = found.setdefault(period.data_class, [])
            lengths += [words.length(period)] * (words.length(period) not in lengths)
    return {kind: "; ".join(lengths) for kind, lengths in found.items()}


@dataclass(frozen=True, slots=True)
class Earlier:
    """A policy from before this service, as the page tells it."""

    label: str
    applied: str
    text: SafeString
    recorded: str


def earlier() -> list[Earlier]:
    """History: the newest first. One query."""
    return [
        Earlier(
            found.label,
            f"{words.day(found.valid_from)} to {words.day(found.valid_until)}"
            if found.valid_until
            else f"from {words.day(found.valid_from)} on",
            wording(found.text),
            words.instant(found.recorded_at),
        )
        for found in RecordedVersion.objects.order_by("-valid_from", "-pk")
    ]


class PeriodInline(ReadOnlyInline):
    """How long each kind of data is kept under the version."""

    model = PolicyPeriod
    verbose_name_plural = "kept for"
    fields = readonly_fields = ("kind_of_data", "kept_for")
    # Without the script that puts a button "Add another" below the rows.
    media = Media()

    @admin.display(description="kind of data")
    def kind_of_data(self, period: PolicyPeriod) -> str:
        """In plain words."""
        return words.kind_of_data(period.data_class)

    @admin.display(description="kept for")
    def kept_for(self, period: PolicyPeriod) -> str:
        """Calendar months or days."""
        return words.length(period)


@admin.register(PolicyVersion)
class PolicyVersionAdmin(ReadOnly):
    """Immutable rules plus text."""

    lead: ClassVar[str] = (
        "How long each kind of data is kept, and since when that applies. A customer may have"
        " chosen less."
    )
    list_display = ("version", "state", "applies", "kept_for")
    list_filter = ("state",)
    change_list_template = "admin/compliance/policies.html"
    ordering = ("-number",)
    sortable_by = ()
    inlines = (PeriodInline,)
    fields = ("state", "applies", "text_of_it", "context_lines", "files", "elsewhere")

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the periods, once for the page, and whom the version binds today."""
        return binding(super().get_queryset(request), clock.today()).prefetch_related("periods")

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """With what applied before this service did."""
        return super().changelist_view(request, {**(extra_context or {}), "earlier": earlier()})

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Above what is not announced yet: what is missing."""
        told = TO_COME.get(obj.state, "") if obj else ""
        return ((None, {"fields": self.get_fields(request, obj), "description": told}),)

    @admin.display(description="applies now")
    def applies(self, version: Any) -> SafeString | str:
        """To how many customers, and since when."""
        if not version.bound:
            return words.NOTHING
        whom = f"{version.bound:,} customer{'' if version.bound == 1 else 's'}"
        return format_html(
            "{} to {}, since {}", words.pill("applies now", "good"), whom, words.day(version.since)
        )

    @admin.display(description="more of this version")
    def elsewhere(self, version: PolicyVersion) -> SafeString:
        """Its acts."""
        url = reverse("admin:trail", query={"version": str(version.number)})
        return format_html('<a href="{}">Everything that was done</a>', url)

    @admin.display(description="version")
    def version(self, version: PolicyVersion) -> str:
        """Its number in words."""
        return str(version)

    @admin.display(description="text")
    def text_of_it(self, version: PolicyVersion) -> str:
        """As it was approved, with its lists as lists."""
        return format_html('<div class="prose">{}</div>', wording(version.text))

    @admin.display(description="whole files may be sent")
    def files(self, version: PolicyVersion) -> str:
        """In a word: "no" is the rule here, and nothing that failed."""
        return "yes" if version.whole_files else "no"

    @admin.display(description="kept for")
    def kept_for(self, version: PolicyVersion) -> str:
        """All periods in a line."""
        return "; ".join(
            f"{words.kind_of_data(period.data_class)} {words.length(period)}"
            for period in version.periods.all()
        )
