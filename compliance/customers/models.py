"""Customers and the keys with which their systems send and read."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models.functions import Lower

from compliance.people.models import LowerCaseEmailField
from retention.policies.models import SHORTEST_NOTICE

# Beside production, staging and development a customer may have environments of its own.
ENVIRONMENT = r"^[a-z0-9][a-z0-9-]{0,31}$"
PREFIX = r"^[a-z2-7]{8}$"
SHA256 = r"^[0-9a-f]{64}$"
# As contracts and customer lists number customers: nothing that a spreadsheet takes for a formula.
REFERENCE = r"^[A-Za-z0-9][A-Za-z0-9._/-]{0,63}$"


class Customer(models.Model):
    """A tenant. The engine knows it by its id alone; the profile it chose is held there."""

    class State(models.TextChoices):
        """Where in its life a customer is: from `leaving` on nothing new is taken in."""

        ACTIVE = "active", "Active"
        SUSPENDED = "suspended", "Suspended"
        LEAVING = "leaving", "Leaving"
        ERASED = "erased", "Erased"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=200)
    reference = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="What this customer is called in your own books. An import recognises it by this"
        " and takes no customer on twice.",
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.ACTIVE)
    text_carries_no_code = models.BooleanField(
        "text carries no code",
        default=False,
        help_text=(
            "The customer has declared that the text parts of its prompts hold no source code. "
            "Without this, a prompt that marks no code is treated as code as a whole."
        ),
    )
    notice_days = models.PositiveSmallIntegerField(
        "days of notice",
        default=SHORTEST_NOTICE,
        help_text="Full days between a notice and the day a change applies: 30, or what the"
        " contract says if that is more.",
    )
    account_owner = models.ForeignKey(
        "compliance.User",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="accounts",
        help_text="Who of us talks to this customer, and is asked when a notice does not arrive.",
    )
    created_at = models.DateTimeField("created")
    leaving_at = models.DateTimeField("leaving since", null=True, editable=False)

    class Meta:
        verbose_name = "customer"
        ordering = ("name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("reference",),
                condition=~models.Q(reference=""),
                name="customer_once_for_each_reference",
                violation_error_message="Another customer has this reference.",
            ),
            models.CheckConstraint(
                condition=models.Q(reference="") | models.Q(reference__regex=REFERENCE),
                name="customer_reference",
                violation_error_message="A reference begins with a letter or a digit and has up to"
                " 64 letters, digits, dots, hyphens, slashes and underscores.",
            ),
            models.CheckConstraint(
                condition=models.Q(state__in=("active", "suspended", "leaving", "erased")),
                name="customer_state_is_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(name__regex=r"^\s*$"), name="customer_has_a_name"
            ),
            models.CheckConstraint(
                condition=models.Q(notice_days__gte=SHORTEST_NOTICE, notice_days__lte=366),
                name="customer_notice_days",
            ),
            models.CheckConstraint(
                condition=models.Q(leaving_at=None) | models.Q(state__in=("leaving", "erased")),
                name="customer_leaving_since",
            ),
        )

    def __str__(self) -> str:
        return self.name


class ApiKey(models.Model):
    """A key of one customer and environment. Its secret was shown once and is not kept.

    Apart from the day of its last use, only its revocation is ever written after it was made
    (trigger): what it may do and whose it is cannot change under a running system.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="keys")
    label = models.CharField(max_length=100)
    environment = models.CharField(max_length=32, default="production")
    may_ingest = models.BooleanField("may send", default=False)
    may_read = models.BooleanField("may read", default=False)
    prefix = models.CharField(max_length=8, unique=True, editable=False)
    secret_hash = models.CharField(max_length=64, editable=False)
    created_at = models.DateTimeField("created", editable=False)
    revoked_at = models.DateTimeField("revoked", null=True, editable=False)
    last_used_at = models.DateTimeField("last used", null=True, editable=False)

    class Meta:
        verbose_name = "API key"
        ordering = ("customer", "environment", "label", "id")
        constraints = (
            models.CheckConstraint(
                condition=models.Q(may_ingest=True) | models.Q(may_read=True),
                name="apikey_has_a_scope",
            ),
            models.CheckConstraint(
                condition=models.Q(environment__regex=ENVIRONMENT), name="apikey_environment_slug"
            ),
            models.CheckConstraint(
                condition=models.Q(prefix__regex=PREFIX), name="apikey_prefix_shape"
            ),
            models.CheckConstraint(
                condition=models.Q(secret_hash__regex=SHA256), name="apikey_only_a_hash"
            ),
        )

    def __str__(self) -> str:
        return f"sg_{self.prefix}_…"

    @property
    def scopes(self) -> frozenset[str]:
        """What this key may do: `ingest`, `read` or both."""
        named = {"ingest": self.may_ingest, "read": self.may_read}
        return frozenset(scope for scope, allowed in named.items() if allowed)


class Contact(models.Model):
    """A person of a customer who gets notices. Another address or role is another contact.

    It is never deleted in a form, only ended: what was sent to it must be explainable later.
    """

    class Role(models.TextChoices):
        """What somebody is written to about."""

        LEGAL = "legal", "Legal: changes of the policy and of subprocessors"
        SECURITY = "security", "Security: incidents and keys"
        TECHNICAL = "technical", "Technical: sending, limits, outages"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contacts")
    name = models.CharField(max_length=200)
    email = LowerCaseEmailField("e-mail address", max_length=254)
    role = models.CharField(max_length=9, choices=Role.choices)
    created_at = models.DateTimeField("added", editable=False)
    ended_at = models.DateTimeField("ended", null=True, editable=False)

    class Meta:
        verbose_name = "contact"
        ordering = ("customer", "role", "name", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("customer", "email", "role"),
                condition=models.Q(ended_at=None),
                name="contact_once_for_each_role",
                violation_error_message="This customer has this contact already.",
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=("legal", "security", "technical")),
                name="contact_role_is_known",
            ),
            models.CheckConstraint(
                condition=~models.Q(name__regex=r"^\s*$"), name="contact_has_a_name"
            ),
            models.CheckConstraint(
                condition=models.Q(email=Lower("email")) & ~models.Q(email=""),
                name="contact_email_is_lower_case",
            ),
        )

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"

    @property
    def what_for(self) -> str:
        """The role in a word."""
        return self.get_role_display().partition(":")[0]
