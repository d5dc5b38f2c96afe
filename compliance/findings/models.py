"""What an officer works off: findings, what was decided about them, what customers were told.

A finding is a group of flags that are alike: of one kind, about calls to one subprocessor, account
and endpoint. Its counts are of its own, so it stands when the flags are long deleted. Kinds that
are about one customer, or one thing, are findings too, without flags.
"""

from __future__ import annotations

from uuid import uuid4

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from compliance.customers.models import Customer
from compliance.people.models import User

LONGEST_NOTE = 2000


class Finding(models.Model):
    """One thing to work off. Which one it is never changes; a decision stands until it is open
    again (trigger).

    `standing`, of kinds without flags: whether what it is about still holds.
    """

    class State(models.TextChoices):
        """Open, or what was decided about all that there was."""

        OPEN = "open", "open"
        EXPLAINED = "explained", "explained"
        FIXED = "fixed", "fixed"
        ACCEPTED = "accepted", "accepted"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=64)
    subprocessor = models.TextField(blank=True, default="")
    account = models.TextField(blank=True, default="")
    endpoint = models.TextField(blank=True, default="")
    customer = models.ForeignKey(Customer, models.PROTECT, null=True, related_name="findings")
    key = models.CharField(max_length=64, blank=True, default="")
    first_on = models.DateField("first seen on")
    last_on = models.DateField("last seen on")
    items = models.BigIntegerField("flags", default=0)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="findings")
    state = models.CharField(max_length=9, choices=State, default=State.OPEN)
    opened_at = models.DateTimeField("open since")
    counted_at = models.DateTimeField("counted")
    # What was decided, by whom (None: the service itself), and how much it covers.
    decided_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField("decided", null=True)
    note = models.TextField("why", blank=True, default="")
    covered = models.BigIntegerField("flags covered", default=0)
    accepted_until = models.DateField("accepted until", null=True)
    # Flags a day that were usual when it was accepted: ten times as many open it again.
    usual = models.PositiveIntegerField("flags a day", default=0)
    standing = models.BooleanField(default=True)

    class Meta:
        verbose_name = "finding"
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subprocessor", "account", "endpoint", "customer", "key"),
                nulls_distinct=False,
                name="finding_one_for_each_group",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None, decided_by=None, note="")
                | Q(state__in=("explained", "fixed", "accepted"), decided_at__isnull=False),
                name="finding_decided_once",
            ),
            # Whoever decides says why; what the service itself closes needs no words.
            models.CheckConstraint(
                condition=Q(decided_by=None) | ~Q(note__regex=r"^\s*$"),
                name="finding_decided_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(accepted_until=None) | Q(state="accepted"),
                name="finding_until_is_of_an_acceptance",
            ),
            models.CheckConstraint(
                condition=Q(items__gte=0, covered__gte=0, covered__lte=F("items"))
                & Q(first_on__lte=F("last_on")),
                name="finding_counts",
            ),
        )
        indexes = (
            models.Index(fields=("state", "-items", "id"), name="finding_by_size"),
            models.Index(
                fields=("accepted_until",),
                condition=Q(accepted_until__isnull=False),
                name="finding_accepted_until",
            ),
        )

    def __str__(self) -> str:
        return self.kind


class FindingDay(models.Model):
    """How many flags of a finding are counted from a day, over all customers."""

    id = models.BigAutoField(primary_key=True)
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="days")
    day = models.DateField()
    items = models.BigIntegerField()

    class Meta:
        verbose_name = "flags of a day"
        constraints = (
            models.UniqueConstraint(fields=("finding", "day"), name="findingday_once"),
            models.CheckConstraint(condition=Q(items__gt=0), name="findingday_counts"),
        )


class FindingTouch(models.Model):
    """How much of a finding is one customer's, and how much of that it was told of."""

    id = models.BigAutoField(primary_key=True)
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="touched")
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    items = models.BigIntegerField()
    first_on = models.DateField()
    last_on = models.DateField()
    told = models.BigIntegerField(default=0)
    # The first day of what it was not told of yet.
    untold_on = models.DateField(null=True)

    class Meta:
        verbose_name = "customer touched"
        constraints = (
            models.UniqueConstraint(fields=("finding", "customer"), name="findingtouch_once"),
            models.CheckConstraint(
                condition=Q(items__gt=0, told__gte=0, told__lte=F("items"))
                & Q(first_on__lte=F("last_on")),
                name="findingtouch_counts",
            ),
        )


class FindingLetter(models.Model):
    """What one customer was told, word for word. Only what became of the mail is ever written
    later (trigger).

    `sending` is written before it is handed over, so nobody sends it a second time; whoever dies in
    between leaves it `unsure`.
    """

    class State(models.TextChoices):
        """What became of it."""

        WAITING = "waiting", "waiting"
        SENDING = "sending", "being sent"
        SENT = "sent", "sent"
        REFUSED = "refused", "refused by the mail server"
        UNSURE = "unsure", "may not have arrived"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="+")
    addresses = ArrayField(models.EmailField(max_length=254))
    reply_to = models.EmailField("answers go to", max_length=254, blank=True, default="")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    made_by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField("written")
    entry = models.OneToOneField("retention.Entry", models.PROTECT)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField("sent", null=True)
    trouble = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        verbose_name = "letter about findings"
        constraints = (
            models.CheckConstraint(
                condition=~Q(state="sent") | Q(sent_at__isnull=False),
                name="findingletter_sent_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(addresses__len__gt=0), name="findingletter_goes_to_somebody"
            ),
        )
        indexes = (
            models.Index(
                fields=("next_try_at",),
                condition=Q(state__in=("waiting", "sending")),
                name="findingletter_to_send",
            ),
        )

    def __str__(self) -> str:
        return self.subject


class FindingAct(models.Model):
    """What was done about a finding, and why: the history, which only grows (trigger)."""

    class Kind(models.TextChoices):
        """What was done."""

        RAISED = "raised", "raised"
        ASSIGNED = "assigned", "given to"
        EXPLAINED = "explained", "explained"
        FIXED = "fixed", "fixed"
        ACCEPTED = "accepted", "accepted"
        REOPENED = "reopened", "opened again"
        TOLD = "told", "customer told"
        CLOSED = "closed", "does not hold any more"

    id = models.BigAutoField(primary_key=True)
    finding = models.ForeignKey(Finding, models.CASCADE, related_name="acts")
    kind = models.CharField(max_length=9, choices=Kind)
    by = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    at = models.DateTimeField()
    # How many flags there were.
    items = models.BigIntegerField()
    note = models.TextField(blank=True, default="")
    # Of an acceptance: until when. Of an assignment: whose it is now. Of a letter: which.
    until = models.DateField(null=True)
    owner = models.ForeignKey(User, models.PROTECT, null=True, related_name="+")
    letter = models.ForeignKey(FindingLetter, models.PROTECT, null=True, related_name="acts")

    class Meta:
        verbose_name = "act about a finding"
        ordering = ("-id",)
