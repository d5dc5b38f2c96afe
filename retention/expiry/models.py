"""What a deletion run did, the proof of it, and the guard on the host's clock."""

from __future__ import annotations

import uuid

from django.db import models

from retention.ledger.models import Entry
from retention.policies.models import CLASSES


class SweepRun(models.Model):
    """One run that found something to do. Times are the clock's."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    sealed = models.PositiveIntegerField("day groups closed", default=0)
    shredded = models.PositiveIntegerField("day groups whose keys were destroyed", default=0)
    purged = models.PositiveIntegerField("day groups deleted", default=0)
    records = models.PositiveBigIntegerField("items removed", default=0)
    days_dropped = models.PositiveIntegerField("whole days removed", default=0)
    blocked = models.PositiveIntegerField("day groups that could not go", default=0)

    class Meta:
        db_table = "retention_sweeprun"
        verbose_name = "deletion run"

    def __str__(self) -> str:
        return f"{self.started_at:%d %b %Y, %H:%M} UTC"


class DeletionRecord(models.Model):
    """The proof of one purge: one per customer, clock day and run. Never changed (trigger).

    It counts once its entry is signed. `counts`: rows removed by class.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4)
    customer_id = models.UUIDField("customer")
    clock_day = models.DateField("counted from")
    run = models.ForeignKey(SweepRun, models.PROTECT, related_name="deletions")
    kind = models.CharField(max_length=16, choices=[("expiry", "scheduled deletion")])
    counts = models.JSONField("items by kind of data")
    keys_destroyed_at = models.DateTimeField("unreadable since")
    rows_removed_at = models.DateTimeField("removed on")
    entry = models.OneToOneField(Entry, models.PROTECT, related_name="deletion")

    class Meta:
        db_table = "retention_deletionrecord"
        verbose_name = "deletion record"
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "clock_day", "run"], name="deletionrecord_one_for_each_run"
            ),
            models.CheckConstraint(
                condition=models.Q(rows_removed_at__gte=models.F("keys_destroyed_at")),
                name="deletionrecord_keys_first",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer_id", "-rows_removed_at", "-id"], name="deletionrecord_customer"
            ),
            models.Index(fields=["-rows_removed_at", "-id"], name="deletionrecord_newest"),
            models.Index(fields=["clock_day", "-rows_removed_at"], name="deletionrecord_day"),
        ]

    def __str__(self) -> str:
        return f"{self.clock_day:%d %b %Y}"


class RemovedSum(models.Model):
    """Items of one kind that went on one UTC day, or some of them. Never changed (trigger).

    Deletion records add theirs when they are written (trigger); `returned`, by the day of their
    call: snippets that went with their result, added when their cell is purged.
    """

    day = models.DateField()
    data_class = models.CharField(max_length=16, choices=CLASSES)
    returned = models.BooleanField()
    items = models.BigIntegerField()

    class Meta:
        db_table = "retention_removedsum"
        verbose_name = "sum of what went"
        constraints = [
            models.CheckConstraint(condition=models.Q(items__gt=0), name="removedsum_counts")
        ]
        indexes = [models.Index(fields=["day"], name="removedsum_day")]


class ClockGuard(models.Model):
    """The largest host time seen, and what the host's uptime was then. One row."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    host_time = models.DateTimeField()
    boot_id = models.CharField(max_length=64)
    uptime_seconds = models.FloatField()
    alarm = models.CharField(max_length=64, blank=True, default="")
    counted_on = models.DateField(null=True)

    class Meta:
        db_table = "retention_clockguard"
        verbose_name = "clock guard"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="clockguard_one_row")]


class TickPart(models.Model):
    """How one part of the minute last went: what pages, metrics and alarms tell of the worker.

    Times are the host's. `came_at`: when it last ended well. `failing_since` and `failure` (a code)
    stand while it does not. `facts`: numbers by a short name.
    """

    name = models.CharField(primary_key=True, max_length=16)
    came_at = models.DateTimeField(null=True)
    seconds = models.FloatField(default=0)
    failing_since = models.DateTimeField(null=True)
    failure = models.CharField(max_length=32, blank=True, default="")
    facts = models.JSONField(default=dict)

    class Meta:
        db_table = "retention_tickpart"
        verbose_name = "part of the minute"


class Outlook(models.Model):
    """What is kept by deletion date and kind, as last counted. One row; see `expiry/outlook.py`."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    counted_at = models.DateTimeField()
    lines = models.JSONField()

    class Meta:
        db_table = "retention_outlook"
        verbose_name = "outlook"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="outlook_one_row")]
