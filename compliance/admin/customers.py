"""Customers: taken on through the one verb that also lets a policy version apply to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from compliance.admin import words
from compliance.admin.acts import acts_of
from compliance.admin.inlines import AcceptanceInline, ContactInline, KeyInline, MemberInline
from compliance.admin.steps import Step, WithSteps
from compliance.customers import contract, lifecycle, onboard
from compliance.customers.models import Customer
from compliance.people.acting import acting
from compliance.people.models import User
from retention import clock
from retention.errors import NoSuchPolicy
from retention.policies.models import SHORTEST_NOTICE
from retention.policies.rules import Profile

State = Customer.State
PROFILES = {
    Profile.STANDARD.value: "Standard",
    Profile.MINIMAL.value: "Keep as little as possible",
}
TONES = {State.ACTIVE: "good", State.SUSPENDED: "warn", State.LEAVING: "warn"}
STATES_WITH_REASONS = {
    State.ACTIVE: "AI calls are taken in.",
    State.SUSPENDED: "Nothing is taken in. Reading and deletion go on.",
    State.LEAVING: "Nothing is taken in any more. Reading and deletion go on.",
    State.ERASED: "Nothing is taken in and nothing can be read.",
}


def _suspending(customer: Customer) -> Sequence[str]:
    return (
        f"Whatever {customer} sends is refused from that moment on (403, customer_suspended).",
        "Its keys stay valid for reading; everything that is kept can be read as before.",
        "Deletion goes on: every deletion date stays as it is.",
    )


def _resuming(customer: Customer) -> Sequence[str]:
    return (
        f"What {customer} sends is taken in again from that moment on, with the keys it has.",
        "What was refused meanwhile is not fetched: the customer must send it again.",
    )


def _leaving(customer: Customer) -> Sequence[str]:
    last = words.day(lifecycle.export_until(clock.now()))
    return (
        f"Whatever {customer} sends is refused for good (403, customer_suspended).",
        f"It can read and export what is kept until {last}, with the keys it has.",
        "Deletion goes on: what is kept is deleted on its deletion date at the latest.",
        "Deleting everything at once at the end of these days is not built yet.",
    )


STEPS = (
    Step(
        "resume", "Resume", "Resume {}?", _resuming,
        "Suspend the customer again.",
        "{} is active again.", lifecycle.resume,
        lambda customer: customer.state == State.SUSPENDED, danger=False,
    ),
    Step(
        "suspend", "Suspend", "Suspend {}?", _suspending,
        "Resume the customer, at any time. What was refused meanwhile stays refused.",
        "{} is suspended.", lifecycle.suspend,
        lambda customer: customer.state == State.ACTIVE,
    ),
    Step(
        "leave", "Let it leave", "Let {} leave?", _leaving,
        "A customer that left can only be taken on anew, as a new customer.",
        "{} is leaving.", lifecycle.leave,
        lambda customer: customer.state in (State.ACTIVE, State.SUSPENDED), typed=True,
    ),
)  # fmt: skip


BY_HAND = ("name", "reference", "notice_days", "account_owner", "text_carries_no_code")
# Through verbs of their own, with an entry in the activity log each.
BY_CONTRACT: Mapping[str, Callable[..., None]] = {
    "notice_days": contract.set_notice_days,
    "account_owner": contract.set_account_owner,
    "reference": contract.set_reference,
}


class CustomerForm(forms.ModelForm):  # type: ignore[type-arg]
    """Name, what its contract says, and what it declared about its texts."""

    notice_days = forms.IntegerField(
        label="Days of notice",
        required=False,
        # What the page showed comes back with it: an old page does not take back what somebody
        # else raised meanwhile.
        show_hidden_initial=True,
        min_value=SHORTEST_NOTICE,
        max_value=contract.LONGEST_NOTICE,
        help_text="Full days between a notice and the day a change applies: 30, or what the"
        " contract says if that is more. What a notice has promised stays, whatever is set here.",
    )

    class Meta:
        model = Customer
        fields = BY_HAND

    def clean_notice_days(self) -> int:
        """Left empty: as it was."""
        days: int | None = self.cleaned_data["notice_days"]
        return self.instance.notice_days if days is None else days


class NewCustomerForm(CustomerForm):
    """And the profile it begins with."""

    profile = forms.ChoiceField(choices=PROFILES.items(), initial=Profile.STANDARD.value)


@admin.register(Customer)
class CustomerAdmin(WithSteps):
    """Taken on, renamed, suspended, resumed, let go. Never deleted here."""

    form = CustomerForm
    steps = STEPS
    list_display = ("name", "condition", "notice", "looked_after", "created")
    list_select_related = ("account_owner",)
    list_filter = ("state",)
    search_fields = ("name", "reference", "id")
    search_help_text = "A name, a reference, or the beginning of an id"
    actions = None
    change_form_template = "admin/compliance/customer.html"
    readonly_fields = ("id", "condition", "created", "elsewhere")
    fields = (*BY_HAND, "condition", "created", "id", "elsewhere")
    add_fields = ("name", "profile", *BY_HAND[1:])

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The profile is chosen at the start; later it is the customer's own act."""
        return self.fields if obj else self.add_fields

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> Any:
        """To look at only, so no form is made of them; a new customer has none yet."""
        shown = obj is not None and request.method != "POST"
        if not shown:
            return ()
        return (KeyInline, ContactInline, AcceptanceInline, MemberInline)

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        """A form of its own for a new customer."""
        if obj is None:
            kwargs["form"] = NewCustomerForm
            kwargs["fields"] = BY_HAND
        return super().get_form(request, obj, change, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """An account owner is one of us."""
        if db_field.name == "account_owner":
            kwargs["queryset"] = User.objects.filter(is_staff=True, is_active=True)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """A new customer goes through the verb, so that it is never without a policy."""
        if change:
            self._change(request, obj, form)
            return
        customer = onboard.create_customer(
            obj.name,
            profile=form.cleaned_data["profile"],
            text_carries_no_code=obj.text_carries_no_code,
            notice_days=obj.notice_days,
            account_owner=obj.account_owner,
            reference=obj.reference,
            by=acting(request),
            now=clock.now(),
        )
        obj.__dict__.update(customer.__dict__)

    def _change(self, request: HttpRequest, customer: Customer, form: Any) -> None:
        """What the contract says through its verbs, the rest as it is."""
        plain = [name for name in form.changed_data if name not in BY_CONTRACT]
        if plain:
            customer.save(update_fields=plain)
        for name in form.changed_data:
            if verb := BY_CONTRACT.get(name):
                word = {"notice_days": "days", "account_owner": "owner"}.get(name, name)
                told: dict[str, Any] = {word: form.cleaned_data[name]}
                verb(customer, **told, by=acting(request), now=clock.now())

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

    def render_change_form(
        self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any
    ) -> Any:
        """With what happened in its life so far."""
        if context.get("original"):
            context["acts"] = acts_of(context["original"].pk)
        return super().render_change_form(request, context, *args, **kwargs)

    def state_of(self, row: Customer) -> str:
        """As the list says it."""
        return row.get_state_display().lower()

    @admin.display(description="state", ordering="state")
    def condition(self, customer: Customer) -> SafeString:
        """With what it means, and until when a leaving one may export."""
        tone = TONES.get(State(customer.state), "quiet")
        until = ""
        if customer.leaving_at:
            until = (
                f" It may export until {words.day(lifecycle.export_until(customer.leaving_at))}."
            )
        return format_html(
            "{} {}{}",
            words.pill(customer.get_state_display(), tone),
            STATES_WITH_REASONS[State(customer.state)],
            until,
        )

    @admin.display(description="notice", ordering="notice_days")
    def notice(self, customer: Customer) -> str:
        """Full days."""
        return f"{customer.notice_days} days"

    @admin.display(description="account owner", ordering="account_owner__email")
    def looked_after(self, customer: Customer) -> str:
        """Who of us talks to it."""
        return str(customer.account_owner) if customer.account_owner else words.NOTHING

    @admin.display(description="created", ordering="created_at")
    def created(self, customer: Customer) -> str:
        """When it was taken on."""
        return words.instant(customer.created_at)

    @admin.display(description="more of this customer")
    def elsewhere(self, customer: Customer) -> SafeString:
        """The lists, narrowed to this customer."""
        lists = {
            "what is kept": "retention_cell",
            "deletion records": "retention_deletionrecord",
            "activity log": "retention_entry",
        }
        trail = reverse("admin:trail", query={"customer": str(customer.pk)})
        query = {"customer": str(customer.pk)}
        links = [
            format_html(
                '<a href="{}">{}</a>', reverse(f"admin:{name}_changelist", query=query), text
            )
            for text, name in lists.items()
        ]
        told = format_html('<a href="{}">{}</a>', trail, "everything that was done")
        return format_html("{} · {} · {} · {}", *links, told)


def _as_get(request: HttpRequest) -> HttpRequest:
    request.method = "GET"
    return request
