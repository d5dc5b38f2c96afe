"""Who accepted which version of our terms, and when (P14): added, never changed (trigger)."""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q

VERSION = r"^[A-Za-z0-9][A-Za-z0-9 ._/-]{0,63}$"


class Acceptance(models.Model):
    """One customer's yes to one version of the terms, as it was told to us.

    A mistake is not mended but recorded anew: both stay, and the one recorded last counts.
    """

    class Source(models.TextChoices):
        """How it came to us."""

        IMPORT = "import", "list of customers"
        ENTERED = "entered", "entered by staff"
        SIGNED = "signed", "signed by the customer itself"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    customer = models.ForeignKey(
        "compliance.Customer", on_delete=models.PROTECT, related_name="acceptances"
    )
    version = models.CharField(
        "version of the terms", max_length=64, help_text="As on the document, such as 2026-03."
    )
    accepted_on = models.DateField("accepted on")
    accepted_by = models.CharField(
        "accepted by", max_length=200, help_text="Who of the customer signed, by name."
    )
    contact = models.ForeignKey(
        "compliance.Contact", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    source = models.CharField("how it came to us", max_length=8, choices=Source.choices)
    # Nobody: the service itself, from its command line.
    recorded_by = models.ForeignKey(
        "compliance.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    recorded_at = models.DateTimeField("recorded")

    class Meta:
        verbose_name = "acceptance of terms"
        verbose_name_plural = "acceptances of terms"
        ordering = ("-recorded_at", "-id")
        constraints = (
            models.UniqueConstraint(
                fields=("customer", "version", "accepted_on", "accepted_by"),
                name="acceptance_once",
                violation_error_message="This acceptance is recorded already.",
            ),
            models.CheckConstraint(
                condition=Q(version__regex=VERSION),
                name="acceptance_version",
                violation_error_message="A version begins with a letter or a digit and has up to 64"
                " letters, digits, spaces, dots, hyphens, slashes and underscores.",
            ),
            models.CheckConstraint(
                condition=~Q(accepted_by__regex=r"^\s*$"), name="acceptance_by_somebody"
            ),
            models.CheckConstraint(
                condition=Q(source__in=("import", "entered", "signed")), name="acceptance_source"
            ),
        )

    def __str__(self) -> str:
        return f"{self.customer}: {self.version}"
