"""The only table of the vault. Growth: one row for each cell and generation, about 120 bytes.

A row is never removed: its tombstone is what keeps a key from being made a second time.
Ids only; nothing here says what was sealed, or for whom.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

LARGEST_GENERATION = 2**32 - 1


class CellKey(models.Model):
    """The key of one cell in one generation: wrapped while it lives, empty once destroyed.

    Triggers (`sql/`) say the rest: no row is deleted or replaced, no key comes back or changes,
    and a cell whose keys are all destroyed gets no new one.
    """

    pk = models.CompositePrimaryKey("cell", "generation")
    cell = models.UUIDField()
    generation = models.BigIntegerField()
    wrapped = models.BinaryField(null=True)
    made_at = models.DateTimeField()
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        app_label = "vault"
        constraints = [
            models.CheckConstraint(
                name="vault_cellkey_empty_once_destroyed",
                condition=Q(wrapped__isnull=True, destroyed_at__isnull=False)
                | Q(wrapped__isnull=False, destroyed_at__isnull=True),
            ),
            models.CheckConstraint(
                name="vault_cellkey_generation_fits",
                condition=Q(generation__gte=0, generation__lte=LARGEST_GENERATION),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cell}/{self.generation}"
