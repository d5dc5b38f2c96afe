"""Customers: taken on through the one verb that also lets a policy version apply to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from compliance.admin import words
from compliance.admin.readonly import Paged
from compliance.customers import lifecycle, onboard
from compliance.customers.errors import StaleCustomer
from compliance.customers.models import Customer
from compliance.people.acting import acting
from retention import clock
from retention.errors import NoSuchPolicy
from retention.policies.rules import Profile

PROFILES = {
    Profile.STANDARD.value: "Standard",
    Profile.MINIMAL.value: "Keep as little as possible",
}


class NewCustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, profile, and what the customer declared about its texts."""

    profile = forms.ChoiceField(choices=PROFILES.items(), initial=Profile.STANDARD.value)

    class Meta:
        model = Customer
        fields = ("name", "text_carries_no_code")


@admin.register(Customer)
class CustomerAdmin(Paged):
    """Taken on, renamed, suspended, resumed. Never deleted here: leaving has its own steps."""

    list_display = ("name", "state", "created")
    list_filter = ("state",)
    search_fields = ("name", "id")
    actions = ("suspend", "resume")
    readonly_fields = ("id", "state", "created")
    fields = ("name", "text_carries_no_code", "state", "created", "id")
    add_fields = ("name", "profile", "text_carries_no_code")

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The profile is chosen at the start; later it is the customer's own act."""
        return self.fields if obj else self.add_fields

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """A form of its own for a new customer."""
        if obj is None:
            kwargs["form"] = NewCustomerForm
            kwargs["fields"] = ("name", "text_carries_no_code")
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new customer goes through the verb, so that it is never without a policy."""
        if change:
            super().save_model(request, obj, form, change)
            return
        customer = onboard.create_customer(
            obj.name,
            profile=form.cleaned_data["profile"],
            text_carries_no_code=obj.text_carries_no_code,
            by=acting(request),
            now=clock.now(),
        )
        obj.__dict__.update(customer.__dict__)

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """Says what to do when there is no policy version that could be offered."""
        try:
            return super().add_view(request, form_url, extra_context)
        except NoSuchPolicy:
            self.message_user(
                request,
                "No customer was added: there is no approved policy version to offer. "
                "An officer must approve one first.",
                messages.ERROR,
            )
            return super().add_view(_as_get(request), form_url, extra_context)

    @admin.action(description="Suspend: take nothing more in", permissions=["change"])
    def suspend(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        """Reading and deletion go on; sending is refused from now on."""
        self._step(request, queryset, lifecycle.suspend, "suspended")

    @admin.action(description="Resume: take content in again", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Customer]) -> None:
        """The opposite of suspending."""
        self._step(request, queryset, lifecycle.resume, "active again")

    def _step(
        self,
        request: HttpRequest,
        customers: QuerySet[Customer],
        step: Callable[..., None],
        done: str,
    ) -> None:
        for customer in customers:
            try:
                step(customer, by=acting(request), now=clock.now())
            except StaleCustomer:
                state = customer.get_state_display().lower()
                self.message_user(
                    request, f"{customer} was left as it is: {state}.", messages.WARNING
                )
            else:
                self.message_user(request, f"{customer} is {done}.", messages.SUCCESS)

    @admin.display(description="created", ordering="created_at")
    def created(self, customer: Customer) -> str:
        """When it was taken on."""
        return words.instant(customer.created_at)


def _as_get(request: HttpRequest) -> HttpRequest:
    request.method = "GET"
    return request
