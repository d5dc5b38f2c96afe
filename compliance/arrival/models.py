"""A list of customers that an officer is looking at before it is taken in."""

from __future__ import annotations

from uuid import uuid4

from django.db import models


class Upload(models.Model):
    """The file as it came. It names people, so it goes when its work is done, or after a week."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    name = models.CharField(max_length=200)
    content = models.BinaryField()
    made_by = models.ForeignKey("compliance.User", on_delete=models.PROTECT, related_name="+")
    # Host time: how long it may lie here is no rule about customers' data.
    made_at = models.DateTimeField()
    taken_in_at = models.DateTimeField(null=True)
    # How many customers this upload made, over all times somebody pressed the button.
    made = models.PositiveIntegerField(default=0)
    # What the database refused of what had looked right: line, column, what, what to do.
    trouble = models.JSONField(default=list)

    class Meta:
        verbose_name = "list of customers"
        ordering = ("-made_at",)

    def __str__(self) -> str:
        return self.name
