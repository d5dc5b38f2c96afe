"""Accepted terms: recorded, looked at, never changed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from compliance.admin import words
from compliance.admin.filters import CustomerFilter
from compliance.admin.readonly import Paged
from compliance.people.acting import acting
from compliance.terms import accept
from compliance.terms.models import Acceptance
from retention import clock


class AcceptanceForm(forms.ModelForm):  # type: ignore[type-arg]
    """What stands on the document."""

    class Meta:
        model = Acceptance
        fields = ("customer", "version", "accepted_on", "accepted_by", "contact")

    def clean_accepted_on(self) -> date:
        """No day to come."""
        day: date = self.cleaned_data["accepted_on"]
        if day > clock.today():
            raise forms.ValidationError("That day has not come yet.")
        return day

    def clean(self) -> dict[str, Any]:
        """A contact of this customer."""
        cleaned = super().clean() or {}
        contact, customer = cleaned.get("contact"), cleaned.get("customer")
        if contact and customer and contact.customer_id != customer.pk:
            self.add_error("contact", "This is a contact of another customer.")
        return cleaned


@admin.register(Acceptance)
class AcceptanceAdmin(Paged):
    """Who accepted which version of our terms, and when."""

    lead = (
        "Which version of our terms each customer accepted. An acceptance is never changed: a "
        "mistake is recorded anew, and the one recorded last counts."
    )
    form = AcceptanceForm
    list_display = ("version", "customer", "on", "accepted_by", "source", "recorded")
    list_filter = (CustomerFilter, "source")
    list_select_related = ("customer",)
    search_fields = ("version", "accepted_by", "customer__name")
    search_help_text = "A version, a name or a customer"
    autocomplete_fields = ("customer", "contact")
    actions = None
    fields = (
        "customer", "version", "on", "accepted_by", "contact", "source", "recorded_by", "recorded",
    )  # fmt: skip
    add_fields = ("customer", "version", "accepted_on", "accepted_by", "contact")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The rest comes by itself."""
        return self.fields if obj else self.add_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """All of them."""
        return self.fields if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Nobody changes any."""
        return False

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Through the verb, so that the activity log knows it."""
        acceptance = accept.record(
            obj.customer,
            version=obj.version,
            accepted_on=obj.accepted_on,
            accepted_by=obj.accepted_by,
            contact=obj.contact,
            source=Acceptance.Source.ENTERED.value,
            by=acting(request),
            now=clock.now(),
        )
        obj.__dict__.update(acceptance.__dict__)

    @admin.display(description="accepted on", ordering="accepted_on")
    def on(self, acceptance: Acceptance) -> str:
        """The day of the signature."""
        return words.day(acceptance.accepted_on)

    @admin.display(description="recorded", ordering="recorded_at")
    def recorded(self, acceptance: Acceptance) -> str:
        """When we wrote it down."""
        return words.instant(acceptance.recorded_at)
