"""API keys: issued with a token that is shown once, revoked for good."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.core.validators import RegexValidator
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.safestring import SafeString

from compliance.admin import words
from compliance.admin.filters import CustomerFilter, RevokedFilter
from compliance.admin.steps import Step, WithSteps
from compliance.customers import keys
from compliance.customers.models import ENVIRONMENT, ApiKey
from compliance.people.acting import acting
from retention import clock


def _revoking(key: ApiKey) -> Sequence[str]:
    return (
        f"It is the key “{key.label}” ({key.environment}) of {key.customer}. "
        f"It may {words.may(key)}; it was last used: {words.instant(key.last_used_at)}.",
        "Whatever uses it is refused from that moment on (401, unknown_key).",
        "What was sent with it stays, and is deleted on its deletion date.",
    )


REVOKE = Step(
    "revoke", "Revoke", "Revoke {}?", _revoking,
    "There is none for this key: a revoked key cannot be made valid again. Issue another one.",
    "The key {} is revoked.", keys.revoke,
    lambda key: key.revoked_at is None,
)  # fmt: skip


class NewKeyForm(forms.ModelForm):  # type: ignore[type-arg]
    """Whose key, what it is called, what it may do."""

    environment = forms.CharField(
        max_length=32,
        initial="production",
        validators=[RegexValidator(ENVIRONMENT, "Use lower-case letters, digits and hyphens.")],
        help_text="production, staging, development, or a short word of the customer's own.",
    )

    class Meta:
        model = ApiKey
        fields = ("customer", "label", "environment", "may_ingest", "may_read")
        help_texts: ClassVar[dict[str, str]] = {
            "label": "To tell the keys apart. No secrets, no names of people.",
            "may_ingest": "Send AI calls. With this alone the key is write-only.",
            "may_read": "Read back what is kept for this customer.",
        }

    def clean(self) -> dict[str, Any]:
        """A key that may do nothing is a mistake."""
        cleaned = super().clean() or {}
        if not (cleaned.get("may_ingest") or cleaned.get("may_read")):
            raise forms.ValidationError("A key may send, read or both. Tick at least one.")
        return cleaned


@admin.register(ApiKey)
class ApiKeyAdmin(WithSteps):
    """Once issued, a key can only be revoked."""

    form = NewKeyForm
    steps = (REVOKE,)
    list_display = ("prefixed", "customer", "used_for", "may", "last_used", "validity")
    list_filter = (CustomerFilter, RevokedFilter, "may_ingest", "may_read", "environment")
    list_select_related = ("customer",)
    search_fields = ("prefix", "label", "customer__name")
    search_help_text = "The beginning of a key, its label or a customer"
    autocomplete_fields = ("customer",)
    actions = None
    looked_at = (
        "prefixed", "customer", "label", "environment", "may_ingest", "may_read",
        "issued", "last_used", "validity", "id",
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The hash of the secret is shown to nobody."""
        return self.looked_at if obj else NewKeyForm.Meta.fields

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Nothing of an issued key can be edited."""
        return self.looked_at if obj else ()

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """One key is looked at; its one step has a page of its own."""
        return obj is None and bool(super().has_change_permission(request, obj))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> Any:
        """One button: whichever was pressed, the next page is the one with the token."""
        buttons = {"show_save_and_add_another": False, "show_save_and_continue": False}
        return super().add_view(request, form_url, {**(extra_context or {}), **buttons})

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Issues the key; its token lives on the object until the answer was written."""
        scopes = {"ingest": obj.may_ingest, "read": obj.may_read}
        key, token = keys.issue_key(
            obj.customer,
            [scope for scope, wanted in scopes.items() if wanted],
            label=obj.label,
            environment=obj.environment,
            by=acting(request),
            now=clock.now(),
        )
        obj.__dict__.update(key.__dict__)
        obj.token = token

    def response_add(
        self, request: HttpRequest, obj: Any, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The token, in this answer and nowhere else: a message lies in a cookie or table."""
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": "API key issued",
            "key": obj,
            "token": obj.token,
        }
        response = TemplateResponse(request, "admin/compliance/apikey/issued.html", context)
        response["Cache-Control"] = "no-store"
        return response

    def state_of(self, row: ApiKey) -> str:
        """For whoever came too late."""
        return "revoked"

    @admin.display(description="key", ordering="prefix")
    def prefixed(self, key: ApiKey) -> str:
        """As it begins, so that it can be recognised in a configuration."""
        return str(key)

    @admin.display(description="used for", ordering="label")
    def used_for(self, key: ApiKey) -> str:
        """Label and environment."""
        return f"{key.label} ({key.environment})"

    @admin.display(description="may")
    def may(self, key: ApiKey) -> str:
        """Send, read, or both."""
        return words.may(key)

    @admin.display(description="issued", ordering="created_at")
    def issued(self, key: ApiKey) -> str:
        """When it was made."""
        return words.instant(key.created_at)

    @admin.display(description="last used", ordering="last_used_at")
    def last_used(self, key: ApiKey) -> str:
        """To the hour."""
        return words.instant(key.last_used_at)

    @admin.display(description="validity", ordering="revoked_at")
    def validity(self, key: ApiKey) -> SafeString:
        """Valid, or since when it is refused."""
        return words.since(key.revoked_at, "valid", "revoked")
