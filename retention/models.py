"""All models of the engine, so that Django finds them; each is defined in its slice."""

from __future__ import annotations

from django.db import models

from retention.expiry.models import (
    ClockGuard,
    DeletionRecord,
    Outlook,
    RemovedSum,
    SweepRun,
    TickPart,
)
from retention.ledger.models import Entry, Subject
from retention.policies.models import (
    Activation,
    PolicyPeriod,
    PolicyVersion,
    ProfileChoice,
    RecordedVersion,
    Revision,
    Stay,
)
from retention.records.models import (
    Cell,
    DayTally,
    FlagCount,
    FlagSlip,
    Record,
    Tally,
    TallySlip,
)

__all__ = [
    "Activation",
    "Cell",
    "ClockGuard",
    "DayTally",
    "DeletionRecord",
    "DemoClock",
    "Entry",
    "FlagCount",
    "FlagSlip",
    "Outlook",
    "PolicyPeriod",
    "PolicyVersion",
    "ProfileChoice",
    "Record",
    "RecordedVersion",
    "RemovedSum",
    "Revision",
    "Stay",
    "Subject",
    "SweepRun",
    "Tally",
    "TallySlip",
    "TickPart",
]


class DemoClock(models.Model):
    """How far a demonstration is from host time, in seconds. One row, demonstration states only."""

    offset_seconds = models.BigIntegerField()

    class Meta:
        db_table = "retention_democlock"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="democlock_one_row")]
