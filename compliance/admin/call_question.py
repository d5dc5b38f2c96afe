"""What is asked on the page that finds an AI call."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID

from django import forms

from compliance.admin.readonly import as_uuid, customers_named
from compliance.customers.models import Customer
from retention.records.identity import day_of

NOT_OURS = "We gave this id to no AI call and no item, so it is a customer’s own: say whose."


class Question(forms.Form):
    """An id, and what else is known of the call."""

    id = forms.CharField(
        label="Id of the AI call",
        max_length=200,
        help_text="From our answer (of the AI call or of one of its items), or the customer’s own.",
    )
    customer = forms.CharField(
        required=False,
        max_length=200,
        help_text="Name or id. Needed for the customer’s own id.",
    )
    day = forms.DateField(
        label="Counted from",
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="The UTC day of the call, if it is known. Other days are searched too.",
    )

    def clean_customer(self) -> UUID | None:
        """Exactly one customer, or none named."""
        typed = self.cleaned_data["customer"].strip()
        if not typed:
            return None
        found = customers_named(typed)
        if len(found) > 1:
            exact = Customer.objects.filter(name__iexact=typed).values_list("pk", flat=True)[:2]
            found = list(exact) if len(exact) == 1 else found
        if len(found) != 1:
            many = "Several customers are called so: type the whole name or the id."
            raise forms.ValidationError(many if found else "No customer is called so.")
        return found[0]

    def clean(self) -> dict[str, Any]:
        """The customer's own id says nothing without the customer."""
        cleaned = super().clean() or {}
        named = cleaned.get("customer") or "customer" in self.errors
        if cleaned.get("id") and not named and server_day(cleaned["id"]) is None:
            self.add_error("customer", NOT_OURS)
        return cleaned


def server_day(identifier: str) -> date | None:
    """The day that one of our ids carries; None for any other text."""
    exchange = as_uuid(identifier.strip())
    try:
        return day_of(exchange) if exchange else None
    except ValueError:
        return None
