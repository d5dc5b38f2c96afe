"""Policy versions, and which of them binds whom from when."""

from __future__ import annotations

from django.db import models
from django.db.models import ExpressionWrapper, F, Q

from retention.policies.rules import DataClass, Period, Profile, Rules

CLASSES = [
    (DataClass.PROMPT.value, "prompts"),
    (DataClass.SNIPPET.value, "code snippets"),
    (DataClass.RESPONSE.value, "AI responses"),
    (DataClass.EVALUATION.value, "quality feedback"),
]
SHORTEST_NOTICE = 30
PROFILES = [(p.value, p.value) for p in Profile]


class PolicyVersion(models.Model):
    """Immutable rules plus text. Once approved, neither it nor its periods change (trigger)."""

    class State(models.TextChoices):
        DRAFT = "draft"
        APPROVED = "approved"
        ANNOUNCED = "announced"
        WITHDRAWN = "withdrawn"

    number = models.PositiveIntegerField(unique=True)
    state = models.CharField(max_length=16, choices=State, default=State.DRAFT)
    text = models.TextField()
    context_lines = models.PositiveIntegerField("most context lines for each finding")
    whole_files = models.BooleanField("whole files may be sent", default=False)
    purpose = models.TextField("what it is kept for", blank=True, default="")
    exceptions = models.TextField("exceptions", blank=True, default="")
    places = models.TextField("where it is kept", blank=True, default="")
    reason = models.TextField("why it changes", blank=True, default="")
    author_id = models.UUIDField("written by", null=True)
    approved_by = models.UUIDField("approved by", null=True)
    approved_at = models.DateTimeField("approved", null=True)
    # What was approved, as one number: periods, scope and every text.
    content_hash = models.CharField(max_length=64, blank=True, default="")
    # What the approver saw: sums only.
    impact = models.JSONField(null=True)
    announced_at = models.DateTimeField("announced", null=True)
    # The one day the officer chose; a customer whose notice ends later gets a later one.
    takes_effect_on = models.DateField("takes effect on", null=True)
    withdrawn_at = models.DateTimeField("withdrawn", null=True)

    class Meta:
        db_table = "retention_policyversion"
        verbose_name = "policy version"
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "approved", "announced", "withdrawn"]),
                name="policyversion_state",
            )
        ]

    def __str__(self) -> str:
        return f"Version {self.number}"

    def rules(self) -> Rules:
        """Its periods as a value."""
        return Rules({DataClass(row.data_class): row.period() for row in self.periods.all()})


class PolicyPeriod(models.Model):
    """How long one class is kept under one version: months or days, exactly one of them."""

    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="periods")
    data_class = models.CharField("kind of data", max_length=16, choices=CLASSES)
    months = models.PositiveSmallIntegerField(null=True)
    days = models.PositiveSmallIntegerField(null=True)
    or_when_delivered = models.BooleanField(default=False)

    class Meta:
        db_table = "retention_policyperiod"
        verbose_name = "period"
        constraints = [
            models.UniqueConstraint(
                fields=["version", "data_class"], name="policyperiod_one_for_each_class"
            ),
            models.CheckConstraint(
                condition=Q(data_class__in=[c.value for c in DataClass]), name="policyperiod_class"
            ),
            models.CheckConstraint(
                # Both NULL would compare to NULL, which a constraint lets pass.
                condition=(
                    Q(months__isnull=True, days__isnull=False, days__gte=1, days__lte=184)
                    | Q(days__isnull=True, months__isnull=False, months__gte=1, months__lte=6)
                ),
                name="policyperiod_months_or_days",
            ),
            models.CheckConstraint(
                condition=Q(or_when_delivered=False) | Q(data_class="snippet"),
                name="policyperiod_only_snippets_end_when_delivered",
            ),
        ]

    def __str__(self) -> str:
        length = f"{self.months} months" if self.months else f"{self.days} days"
        early = ", or when delivered" * self.or_when_delivered
        return f"{self.get_data_class_display()}: {length}{early}"

    def period(self) -> Period:
        """The row as a value."""
        return Period(months=self.months, days=self.days, or_when_delivered=self.or_when_delivered)


class Activation(models.Model):
    """A version binds a customer from `effective_on` on. `accepted`: at sign-up, without notice.

    `given_on` of a notice is the database's own day (trigger). Before it takes effect it may be
    voided: the notice did not reach the customer after all, or the version was withdrawn.
    `applied_at`: when the deletion dates of what was kept before had moved.
    """

    class Void(models.TextChoices):
        """Why a notice that had been given binds nobody."""

        BOUNCED = "bounced", "the notice did not arrive"
        WITHDRAWN = "withdrawn", "the version was withdrawn"

    customer_id = models.UUIDField()
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="activations")
    kind = models.CharField(
        max_length=16, choices=[("accepted", "accepted at sign-up"), ("noticed", "after notice")]
    )
    given_on = models.DateField()
    notice_days = models.PositiveSmallIntegerField("full days of notice", default=0)
    effective_on = models.DateField("takes effect on")
    voided_at = models.DateTimeField(null=True)
    voided_for = models.CharField(max_length=16, choices=Void, blank=True, default="")
    applied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "retention_activation"
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "version"],
                condition=Q(voided_at=None),
                name="activation_once_for_each_version",
            ),
            models.CheckConstraint(
                # "30 full days, counted from the day after": given on the 22nd, the 23rd of the
                # next month at the earliest.
                condition=Q(kind="accepted", effective_on__gte=F("given_on"))
                | Q(
                    kind="noticed",
                    notice_days__gte=SHORTEST_NOTICE,
                    effective_on__gt=ExpressionWrapper(
                        F("given_on") + F("notice_days"), output_field=models.DateField()
                    ),
                ),
                name="activation_order",
            ),
            models.CheckConstraint(
                condition=Q(voided_at=None, voided_for="")
                | Q(voided_at__isnull=False, voided_for__in=["bounced", "withdrawn"]),
                name="activation_void",
            ),
        ]
        indexes = [
            models.Index(
                fields=["effective_on"],
                condition=Q(voided_at=None, applied_at=None),
                name="activation_to_apply",
            ),
        ]


class Stay(models.Model):
    """While it stands an older version's rules bind a customer too: the shorter period wins.

    An objection opens it; its outcome ends it, on `last_day` (None: until it is decided).
    `first_day` is the database's own (trigger).
    """

    customer_id = models.UUIDField()
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="stays")
    kept = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="kept_by")
    first_day = models.DateField()
    last_day = models.DateField(null=True)
    applied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "retention_stay"
        verbose_name = "stay"
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "version"],
                condition=Q(last_day=None),
                name="stay_one_open_for_each_version",
            ),
            models.CheckConstraint(
                condition=Q(last_day=None) | Q(last_day__gte=F("first_day")), name="stay_order"
            ),
        ]


class ProfileChoice(models.Model):
    """A customer's own choice, from `first_day` until the first day of one that was made later.

    After sign-up that day is the database's own (trigger): today to keep less, tomorrow to go back.
    """

    customer_id = models.UUIDField()
    profile = models.CharField(max_length=16, choices=PROFILES)
    first_day = models.DateField()
    chosen_at = models.DateTimeField()
    applied_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "retention_profilechoice"
        constraints = [
            models.CheckConstraint(
                condition=Q(profile__in=[p.value for p in Profile]), name="profilechoice_known"
            ),
        ]
        indexes = [
            models.Index(fields=["customer_id", "id"], name="profilechoice_in_order"),
            models.Index(
                fields=["first_day"], condition=Q(applied_at=None), name="profilechoice_to_apply"
            ),
        ]


class Revision(models.Model):
    """A typo of an approved version, corrected: other words, the same rules. Never changed."""

    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="revisions")
    text = models.TextField()
    reason = models.TextField("what was wrong")
    proposed_by = models.UUIDField("proposed by")
    proposed_at = models.DateTimeField("proposed")
    approved_by = models.UUIDField("approved by", null=True)
    approved_at = models.DateTimeField("approved", null=True)

    class Meta:
        db_table = "retention_revision"
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(approved_by=None, approved_at=None)
                | (
                    Q(approved_by__isnull=False, approved_at__isnull=False)
                    & ~Q(approved_by=F("proposed_by"))
                ),
                name="revision_second_person",
            )
        ]

    def __str__(self) -> str:
        return f"Correction of {self.version}"


class RecordedVersion(models.Model):
    """A policy from before this service: history only, it binds nobody. Never changed."""

    label = models.CharField("name", max_length=64, unique=True)
    text = models.TextField()
    valid_from = models.DateField("applied from")
    valid_until = models.DateField("applied until", null=True)
    recorded_by = models.UUIDField("recorded by", null=True)
    recorded_at = models.DateTimeField("recorded")

    class Meta:
        db_table = "retention_recordedversion"
        verbose_name = "earlier policy"
        verbose_name_plural = "earlier policies"
        ordering = ("valid_from",)
        constraints = [
            models.CheckConstraint(
                condition=Q(valid_until=None) | Q(valid_until__gte=F("valid_from")),
                name="recordedversion_order",
            )
        ]

    def __str__(self) -> str:
        return self.label
