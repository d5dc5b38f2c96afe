"""What stands on a customer's page besides the customer: its keys, contacts and users."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.safestring import SafeString

from compliance.admin import words
from compliance.admin.readonly import ReadOnlyInline, link
from compliance.customers.models import ApiKey, Contact
from compliance.people.models import Member
from compliance.terms.models import Acceptance


class OfTheCustomer(ReadOnlyInline):
    """Rows with a way to their own page; there they are added and ended."""

    show_change_link = False


class KeyInline(OfTheCustomer):
    """Which keys there are, and which of them are in use."""

    model = ApiKey
    verbose_name_plural = "API keys"
    fields = readonly_fields = ("key", "used_for", "may", "last_used", "validity")

    @admin.display(description="key")
    def key(self, key: ApiKey) -> SafeString:
        """Leads to it."""
        return link("compliance_apikey", key.pk, str(key))

    @admin.display(description="used for")
    def used_for(self, key: ApiKey) -> str:
        """Label and environment."""
        return f"{key.label} ({key.environment})"

    @admin.display(description="may")
    def may(self, key: ApiKey) -> str:
        """Send, read, or both."""
        return words.may(key)

    @admin.display(description="last used")
    def last_used(self, key: ApiKey) -> str:
        """To the hour."""
        return words.instant(key.last_used_at)

    @admin.display(description="validity")
    def validity(self, key: ApiKey) -> SafeString:
        """Valid, or since when not."""
        return words.since(key.revoked_at, "valid", "revoked")


class ContactInline(OfTheCustomer):
    """Who is written to."""

    model = Contact
    fields = readonly_fields = ("contact", "email", "what_for", "validity")

    @admin.display(description="contact")
    def contact(self, contact: Contact) -> SafeString:
        """Leads to it."""
        return link("compliance_contact", contact.pk, contact.name)

    @admin.display(description="role")
    def what_for(self, contact: Contact) -> str:
        """In a word."""
        return contact.what_for

    @admin.display(description="validity")
    def validity(self, contact: Contact) -> SafeString:
        """Written to, or since when not."""
        return words.since(contact.ended_at, "current", "ended")


class AcceptanceInline(OfTheCustomer):
    """Which terms it accepted; the one recorded last counts."""

    model = Acceptance
    verbose_name_plural = "accepted terms"
    fields = readonly_fields = ("terms", "on", "accepted_by", "source")

    @admin.display(description="version of the terms")
    def terms(self, acceptance: Acceptance) -> SafeString:
        """Leads to it."""
        return link("compliance_acceptance", acceptance.pk, acceptance.version)

    @admin.display(description="accepted on")
    def on(self, acceptance: Acceptance) -> str:
        """The day of the signature."""
        return words.day(acceptance.accepted_on)


class MemberInline(OfTheCustomer):
    """Who may sign in for the customer."""

    model = Member
    verbose_name_plural = "users"
    fields = readonly_fields = ("login", "role")

    @admin.display(description="user")
    def login(self, member: Member) -> SafeString:
        """Leads to the membership."""
        return link("compliance_member", member.pk, member.user.email)

    def get_queryset(self, request: HttpRequest) -> Any:
        """With the logins, in the one query."""
        return super().get_queryset(request).select_related("user")
