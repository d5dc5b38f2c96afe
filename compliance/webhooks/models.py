"""Where a customer's systems want to be told."""

from __future__ import annotations

from uuid import uuid4

from django.db import models

# As long as the address of a sending attempt may be.
LONGEST = 254


class Endpoint(models.Model):
    """An address of a customer that notices are posted to. Its secret follows from its id.

    Another address is another endpoint; an ended one stays ended (trigger).
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    customer = models.ForeignKey(
        "compliance.Customer", on_delete=models.PROTECT, related_name="endpoints"
    )
    url = models.URLField("address", max_length=LONGEST)
    created_at = models.DateTimeField("added", editable=False)
    ended_at = models.DateTimeField("ended", null=True, editable=False)

    class Meta:
        verbose_name = "webhook"
        ordering = ("customer", "url")
        constraints = (
            models.UniqueConstraint(
                fields=("customer", "url"),
                condition=models.Q(ended_at=None),
                name="endpoint_once",
                violation_error_message="This customer has this webhook already.",
            ),
            models.CheckConstraint(
                condition=models.Q(url__startswith="https://"), name="endpoint_https_only"
            ),
        )

    def __str__(self) -> str:
        return str(self.url)
