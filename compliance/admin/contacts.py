"""Contacts: who of a customer is written to. Added and ended, hardly edited."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from compliance.admin import words
from compliance.admin.filters import CustomerFilter, EndedFilter
from compliance.admin.steps import Step, WithSteps
from compliance.customers import contacts
from compliance.customers.models import Contact
from compliance.people.acting import acting
from retention import clock


def _ending(contact: Contact) -> Sequence[str]:
    sentences = [
        f"Nothing is sent to {contact.email} as {contact.what_for.lower()} contact any more.",
        "The contact stays in the list as ended: what was sent before must be explainable.",
    ]
    if contacts.is_the_last_legal_one(contact):
        sentences.append(
            f"It is the last legal contact of {contact.customer}: until there is another one, no "
            "change of the policy can be announced to this customer, and the old one goes on."
        )
    return sentences


END = Step(
    "end", "End this contact", "End {}?", _ending,
    "Add the contact again, as a new one.",
    "{} is ended.", contacts.end_contact,
    lambda contact: contact.ended_at is None,
)  # fmt: skip


class ContactForm(forms.ModelForm):  # type: ignore[type-arg]
    """Once for each role, as long as it is not ended: the database would refuse a second one."""

    class Meta:
        model = Contact
        fields = ("customer", "name", "email", "role")

    def clean(self) -> dict[str, Any]:
        """Says that there is one already."""
        cleaned = super().clean() or {}
        alike = {name: cleaned.get(name) for name in ("customer", "email", "role")}
        if all(alike.values()) and Contact.objects.filter(**alike, ended_at=None).exists():
            raise forms.ValidationError("This customer has this contact already.")
        return cleaned


@admin.register(Contact)
class ContactAdmin(WithSteps):
    """Name, address, role. Only the name can be mended later."""

    form = ContactForm
    steps = (END,)
    list_display = ("name", "email", "customer", "what_for", "validity")
    list_filter = (CustomerFilter, "role", EndedFilter)
    list_select_related = ("customer",)
    search_fields = ("name", "email", "customer__name")
    search_help_text = "A name, an address or a customer"
    autocomplete_fields = ("customer",)
    actions = None
    fields = ("customer", "name", "email", "role", "added", "validity")
    add_fields = ("customer", "name", "email", "role")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The dates come by themselves."""
        return self.fields if obj else self.add_fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whom a notice went to must not change afterwards."""
        return ("customer", "email", "role", "added", "validity") if obj else ()

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new contact goes through the verb, so that the activity log knows it."""
        if change:
            super().save_model(request, obj, form, change)
            return
        contact = contacts.add_contact(
            obj.customer,
            name=obj.name,
            email=obj.email,
            role=obj.role,
            by=acting(request),
            now=clock.now(),
        )
        obj.__dict__.update(contact.__dict__)

    def state_of(self, row: Contact) -> str:
        """For whoever came too late."""
        return "ended"

    @admin.display(description="role", ordering="role")
    def what_for(self, contact: Contact) -> str:
        """In a word."""
        return contact.what_for

    @admin.display(description="added", ordering="created_at")
    def added(self, contact: Contact) -> str:
        """Since when it is written to."""
        return words.instant(contact.created_at)

    @admin.display(description="validity", ordering="ended_at")
    def validity(self, contact: Contact) -> SafeString:
        """Written to, or since when not."""
        return words.since(contact.ended_at, "current", "ended")
