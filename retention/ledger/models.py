"""The log of acts: entries are added and signed, never changed, never removed (trigger)."""

from __future__ import annotations

import uuid

from django.db import models


class Subject(models.Model):
    """A random pseudonym for a customer, so that entries name nobody by themselves."""

    pseudonym = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer_id = models.UUIDField(unique=True)

    class Meta:
        db_table = "retention_subject"
        verbose_name = "pseudonym"


class Entry(models.Model):
    """One act. Pending until `signed_at` is set by the sequencer, in a step of its own."""

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField("act", max_length=64)
    subject = models.UUIDField("customer's pseudonym", null=True)
    facts = models.JSONField()
    created_at = models.DateTimeField()
    signed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "retention_entry"
        verbose_name = "activity log entry"
        verbose_name_plural = "activity log (tamper-evident)"
        indexes = [
            models.Index(fields=["id"], condition=models.Q(signed_at=None), name="entry_pending"),
            models.Index(fields=["subject", "id"], name="entry_subject"),
            models.Index(fields=["kind", "id"], name="entry_kind"),
            models.Index(fields=["created_at"], name="entry_written"),
            # The trail of one customer, newest first; that of one person: migration `trail`.
            models.Index(fields=["subject", "created_at", "id"], name="entry_subject_written"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.pk})"
