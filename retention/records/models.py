"""Cells and records: the cell is where the promise lives, the record is what it is about.

And tallies and flag counts: how much there was, which may be known when the rest is gone.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from retention.policies.models import CLASSES
from retention.policies.rules import DataClass


class Cell(models.Model):
    """All records of one customer, clock day, class and `retain_days` (0: none sent).

    Its id follows from those four, so nobody can make a destroyed one anew. `expires_on` moves only
    earlier and `state` only forward (trigger). Conservation, at every moment:
    acknowledged = live + held + delivered + erased + purged, in rows.
    """

    class State(models.TextChoices):
        OPEN = "open", "open"
        SEALED = "sealed", "closed"
        PURGING = "purging", "being deleted"
        SHREDDED = "shredded", "keys destroyed"
        PURGED = "purged", "deleted"

    id = models.UUIDField(primary_key=True)
    customer_id = models.UUIDField("customer")
    clock_day = models.DateField("counted from")
    data_class = models.CharField("kind of data", max_length=16, choices=CLASSES)
    retain_days = models.PositiveSmallIntegerField("days asked for", default=0)
    version = models.ForeignKey(
        "retention.PolicyVersion", models.PROTECT, verbose_name="policy version"
    )
    expires_on = models.DateField("deletion date")
    state = models.CharField(max_length=16, choices=State, default=State.OPEN)
    blocked = models.CharField(max_length=32, blank=True, default="")
    generation = models.PositiveIntegerField(default=1)
    acknowledged = models.BigIntegerField("items stored", default=0)
    delivered = models.BigIntegerField("removed when returned", default=0)
    erased = models.BigIntegerField("deleted on request", default=0)
    held = models.BigIntegerField("on legal hold", default=0)
    purged = models.BigIntegerField("removed on schedule", default=0)
    created_at = models.DateTimeField()
    sealed_at = models.DateTimeField("closed at", null=True)
    shredded_at = models.DateTimeField("keys destroyed at", null=True)
    purged_at = models.DateTimeField("deleted at", null=True)
    intent = models.ForeignKey(
        "retention.Entry", models.PROTECT, null=True, related_name="intended_cells"
    )
    deletion = models.ForeignKey(
        "retention.DeletionRecord", models.PROTECT, null=True, related_name="cells"
    )

    class Meta:
        db_table = "retention_cell"
        verbose_name = "day group"
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "clock_day", "data_class", "retain_days"],
                name="cell_one_for_each_promise",
            ),
            models.CheckConstraint(
                condition=Q(data_class__in=[c.value for c in DataClass]), name="cell_class"
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "sealed", "purging", "shredded", "purged"]),
                name="cell_state",
            ),
            models.CheckConstraint(condition=Q(retain_days__lte=184), name="cell_retain_days"),
            models.CheckConstraint(condition=Q(generation__gte=1), name="cell_generation"),
            models.CheckConstraint(
                condition=Q(delivered__gte=0, erased__gte=0, held__gte=0, purged__gte=0)
                & Q(acknowledged__gte=F("delivered") + F("erased") + F("held") + F("purged")),
                name="cell_counts",
            ),
            models.CheckConstraint(
                condition=~Q(state="purged")
                | Q(
                    acknowledged=F("delivered") + F("erased") + F("held") + F("purged"),
                    deletion__isnull=False,
                    shredded_at__isnull=False,
                ),
                name="cell_purged_adds_up",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_on", "id"], condition=~Q(state="purged"), name="cell_due"
            ),
            # Nearly always empty, and asked every minute.
            models.Index(fields=["id"], condition=~Q(blocked=""), name="cell_blocked"),
            # Newest first, as people look at them: what is kept, and what is gone.
            models.Index(
                fields=["-clock_day", "customer_id", "data_class", "retain_days"],
                condition=~Q(state="purged"),
                name="cell_kept",
            ),
            models.Index(
                fields=["-clock_day", "customer_id", "data_class", "retain_days"],
                condition=Q(state="purged"),
                name="cell_gone",
            ),
            # Never many: snippets live for a day.
            models.Index(
                fields=["clock_day"],
                condition=Q(data_class="snippet") & ~Q(state="purged"),
                name="cell_snippets",
            ),
            # Never many: those that a deletion run has in hand.
            models.Index(
                fields=["-clock_day", "customer_id", "data_class", "retain_days"],
                condition=Q(state__in=["sealed", "purging", "shredded"]),
                name="cell_going",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.clock_day:%d %b %Y}, {self.get_data_class_display()}"


class Record(models.Model):
    """One stored part of an exchange. Read it only through `records.queries`, never `save()` it.

    The table is partitioned by clock day and made in `sql/records.sql`; there are no foreign keys
    into or out of it and no triggers on it. `payload` and `identity` are sealed.
    """

    pk = models.CompositePrimaryKey("customer_id", "clock_day", "id")
    customer_id = models.UUIDField()
    clock_day = models.DateField()
    id = models.UUIDField()
    exchange_id = models.UUIDField()
    external_id = models.TextField()
    data_class = models.TextField()
    part = models.TextField()
    cell_id = models.UUIDField()
    generation = models.IntegerField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    purpose = models.TextField()
    subprocessor = models.TextField()
    model = models.TextField()
    account = models.TextField()
    endpoint = models.TextField()
    provider = models.TextField()
    repository = models.TextField()
    size = models.IntegerField()
    verdict = models.TextField()
    input_tokens = models.IntegerField(null=True)
    output_tokens = models.IntegerField(null=True)
    latency_ms = models.IntegerField(null=True)
    flags = ArrayField(models.TextField())
    delivered_at = models.DateTimeField(null=True)
    erased_at = models.DateTimeField(null=True)
    identity = models.BinaryField(null=True)
    payload = models.BinaryField(null=True)

    class Meta:
        db_table = "retention_record"
        verbose_name = "item"


class Counted(models.Model):
    """Numbers by day, kind and names: nothing that was sent, and nothing that leads to it."""

    clock_day = models.DateField()
    data_class = models.CharField(max_length=16, choices=CLASSES)
    model = models.TextField()
    purpose = models.TextField()
    subprocessor = models.TextField()
    items = models.BigIntegerField()
    bytes = models.BigIntegerField()

    class Meta:
        abstract = True


class TallySlip(Counted):
    """What one batch brought in; added in its transaction, taken away when it is folded."""

    id = models.BigAutoField(primary_key=True)
    customer_id = models.UUIDField()

    class Meta:
        db_table = "retention_tallyslip"
        verbose_name = "uncounted batch"


class Tally(Counted):
    """What came in for one customer; survives the content it counts."""

    id = models.BigAutoField(primary_key=True)
    customer_id = models.UUIDField()

    class Meta:
        db_table = "retention_tally"
        verbose_name = "count by customer"
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("customer_id", "clock_day", "data_class"),
                    *("model", "purpose", "subprocessor"),
                ],
                name="tally_one_for_each_name",
            ),
            models.CheckConstraint(condition=Q(items__gt=0, bytes__gte=0), name="tally_counts"),
        ]
        indexes = [models.Index(fields=["clock_day"], name="tally_day")]


class DayTally(Counted):
    """The same over all customers, so that a page over everything reads few rows."""

    id = models.BigAutoField(primary_key=True)

    class Meta:
        db_table = "retention_daytally"
        verbose_name = "count by day"
        constraints = [
            models.UniqueConstraint(
                fields=["clock_day", "data_class", "model", "purpose", "subprocessor"],
                name="daytally_one_for_each_name",
            ),
            models.CheckConstraint(condition=Q(items__gt=0, bytes__gte=0), name="daytally_counts"),
        ]


class Flagged(models.Model):
    """How many flags of a kind, by day and by whom the call went to."""

    customer_id = models.UUIDField()
    clock_day = models.DateField()
    flag = models.TextField()
    subprocessor = models.TextField()
    account = models.TextField()
    endpoint = models.TextField()
    items = models.BigIntegerField()

    class Meta:
        abstract = True


class FlagSlip(Flagged):
    """The flags that one batch brought; added in its transaction, taken away when it is folded."""

    id = models.BigAutoField(primary_key=True)

    class Meta:
        db_table = "retention_flagslip"
        verbose_name = "uncounted flags"


class FlagCount(Flagged):
    """Flags of one customer and day; survives the records that carried them.

    `taken`: how many of them whoever works them off has taken over.
    """

    id = models.BigAutoField(primary_key=True)
    taken = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "retention_flagcount"
        verbose_name = "count of flags"
        constraints = [
            models.UniqueConstraint(
                fields=[
                    *("customer_id", "clock_day", "flag"),
                    *("subprocessor", "account", "endpoint"),
                ],
                name="flagcount_one_for_each_name",
            ),
            models.CheckConstraint(
                condition=Q(items__gt=0, taken__gte=0, taken__lte=F("items")),
                name="flagcount_counts",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(items__gt=F("taken")), name="flagcount_fresh"),
            # One group of flags, newest day first.
            models.Index(
                fields=["flag", "subprocessor", "account", "endpoint", "-clock_day"],
                name="flagcount_group",
            ),
            models.Index(fields=["clock_day"], name="flagcount_day"),
        ]
