"""Everything that was done, as one list: for a customer, a policy version, a person, a period."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, QueryDict, StreamingHttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.text import capfirst
from django.views.decorators.http import require_http_methods

from compliance.admin import site, words
from compliance.admin.readonly import as_uuid, customers_named
from compliance.audit.export import FORMATS, exported
from compliance.audit.trail import ACT, CHANGED, Asked, Item, Place, page
from compliance.customers.models import Customer
from compliance.people.acting import acting
from compliance.people.models import User
from retention import clock
from retention.ledger.append import KINDS
from retention.policies.models import PolicyVersion

SHOWN = 50
# What a row is made with and nobody chose.
UNTOLD = {"id", "created_at", "date_joined"}
MOMENT = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?")
TYPES = {"csv": "text/csv; charset=utf-8", "jsonl": "application/jsonl"}


def kinds() -> list[tuple[str, Any]]:
    """What can be looked for, acts and field changes apart."""
    acts = [(kind, capfirst(told.partition(":")[0])) for kind, told in KINDS.items()]
    changes = [(f"change:{model}", f"Changes of {an(name)}") for model, name in CHANGED.items()]
    return [("", "Everything"), ("Acts", acts), ("Field changes", changes)]


def an(name: str) -> str:
    """With its article."""
    return f"{'an' if name[0] in 'AEIOU' else 'a'} {name}"


def versions() -> list[tuple[str, str]]:
    """Policy versions by number."""
    numbers = PolicyVersion.objects.order_by("-number").values_list("number", flat=True)
    return [("", "Any"), *((str(number), f"Version {number}") for number in numbers)]


def _day_field() -> forms.DateInput:
    return forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")


class TrailForm(forms.Form):
    """The filter."""

    error_css_class = "wrong"
    first = forms.DateField(label="From", required=False, widget=_day_field())
    last = forms.DateField(label="To", required=False, widget=_day_field())
    customer = forms.CharField(
        label="Customer", required=False, max_length=200, help_text="Its exact name, or its id"
    )
    version = forms.ChoiceField(label="Policy version", required=False, choices=versions)
    kind = forms.ChoiceField(label="What", required=False, choices=kinds)
    person = forms.CharField(label="Login", required=False, max_length=254)

    def clean_customer(self) -> UUID | None:
        """One customer: a list of several could not be told apart."""
        typed = self.cleaned_data["customer"].strip()
        if not typed:
            return None
        if identifier := as_uuid(typed):
            return identifier
        found = list(Customer.objects.filter(name__iexact=typed).values_list("pk", flat=True)[:2])
        found = found or customers_named(typed)[:2]
        if len(found) != 1:
            many = "Several customers are called so." if found else "No customer is called so."
            raise forms.ValidationError(many)
        return found[0]

    def clean_person(self) -> UUID | None:
        """By address."""
        typed = self.cleaned_data["person"].strip()
        if not typed:
            return None
        person = User.objects.filter(email=typed).values_list("pk", flat=True).first()
        if person is None:
            raise forms.ValidationError("No login has this address.")
        return person

    def asked(self) -> Asked:
        """As the trail knows it."""
        values = self.cleaned_data
        version = int(values["version"]) if values["version"] else None
        return Asked(
            values["first"], values["last"], values["kind"], values["person"],
            values["customer"], version,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """An item as the page tells it."""

    when: str
    told: str
    is_act: bool
    who: str
    customer: tuple[str, str] | None
    details: list[str]
    url: str
    number: int
    signed: bool


@require_http_methods(["GET", "HEAD", "POST"])
def trail(request: HttpRequest) -> HttpResponse:
    """The page; posted to, the file."""
    if not request.user.has_perm("auditlog.view_logentry"):
        raise PermissionDenied
    given = request.POST if request.method == "POST" else request.GET
    form = TrailForm(given)
    if request.method == "POST" and form.is_valid():
        return _file(request, form.asked())
    items = _items(form, Place.read(request.GET.get("behind", "")))
    context = {
        **site.each_context(request),
        "title": "Everything that was done",
        "form": form,
        "narrowed": any(request.GET.get(name) for name in form.fields),
        "lines": [_line(item) for item in items[:SHOWN]],
        "behind": request.GET.get("behind"),
        "first_url": _url(request.GET),
        "next_url": _url(request.GET, items[SHOWN - 1]) if len(items) > SHOWN else "",
    }
    return TemplateResponse(request, "admin/audit/trail.html", context)


def _items(form: TrailForm, behind: Place | None) -> list[Item]:
    """One more than is shown; nothing for a question that makes no sense."""
    return page(form.asked(), behind=behind, limit=SHOWN + 1) if form.is_valid() else []


def _file(request: HttpRequest, asked: Asked) -> HttpResponse:
    form = request.POST.get("form", "csv")
    if form not in FORMATS:
        raise PermissionDenied
    pieces = exported(asked, form=form, by=acting(request), now=clock.now())
    answer = StreamingHttpResponse(pieces, content_type=TYPES[form])
    answer["Content-Disposition"] = f'attachment; filename="trail.{form}"'
    return answer  # type: ignore[return-value]


def _url(given: QueryDict, behind: Item | None = None) -> str:
    query = given.copy()
    query.pop("behind", None)
    if behind:
        query["behind"] = str(behind.place)
    return f"?{query.urlencode()}"


def _line(item: Item) -> Line:
    is_act = item.source == ACT
    model = "retention_entry" if is_act else "auditlog_logentry"
    customer = None
    if item.customer_name:
        url = reverse("admin:compliance_customer_change", args=[item.customer_id])
        customer = (item.customer_name, url)
    return Line(
        when=words.instant(item.at),
        told=capfirst(item.told),
        is_act=is_act,
        who=item.who,
        customer=customer,
        details=list(_facts(item.details) if is_act else _changes(item.details)),
        url=reverse(f"admin:{model}_change", args=[item.id]),
        number=item.id,
        signed=item.signed_at is not None,
    )


def _facts(facts: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name}: {words.fact(value)}" for name, value in facts.items())


def _changes(fields: Mapping[str, Any]) -> Iterator[str]:
    """`name: Acme → Acme Ltd`; of several at once: what was added or taken away."""
    for name, values in fields.items():
        if isinstance(values, Mapping):
            objects = ", ".join(map(str, values.get("objects", ())))
            yield f"{name}: {values.get('operation', 'changed')} {objects}"
        elif isinstance(values, list) and len(values) == 2 and name not in UNTOLD:
            before, after = map(_value, values)
            if before != after:
                yield (
                    f"{name}: {after}" if before == words.NOTHING else f"{name}: {before} → {after}"
                )


def _value(value: object) -> str:
    """A moment with its zone; nothing as nothing."""
    if value in (None, "", "None"):
        return words.NOTHING
    text = str(value)
    if MOMENT.fullmatch(text):
        return words.instant(datetime.fromisoformat(text).replace(tzinfo=UTC))
    return text


site.page(
    "trail/", trail, name="trail", title="Everything that was done", task="log",
    right="retention.view_entry",
)  # fmt: skip
