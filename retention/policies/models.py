"""Policy versions, and which of them binds whom from when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from retention.policies.rules import DataClass, Period, Profile, Rules

CLASSES = [
    (DataClass.PROMPT.value, "prompts"),
    (DataClass.SNIPPET.value, "code snippets"),
    (DataClass.RESPONSE.value, "AI responses"),
    (DataClass.EVALUATION.value, "quality feedback"),
]
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
    """A version binds a customer from `effective_on` on. `accepted`: at sign-up, without notice."""

    customer_id = models.UUIDField()
    version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="activations")
    kind = models.CharField(
        max_length=16, choices=[("accepted", "accepted at sign-up"), ("noticed", "after notice")]
    )
    given_on = models.DateField()
    effective_on = models.DateField("takes effect on")

    class Meta:
        db_table = "retention_activation"
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "version"], name="activation_once_for_each_version"
            ),
            models.CheckConstraint(
                condition=Q(kind="accepted", effective_on__gte=F("given_on"))
                | Q(kind="noticed", effective_on__gt=F("given_on")),
                name="activation_order",
            ),
        ]


class ProfileChoice(models.Model):
    """A customer's own choice, in force from `first_day` until the next one's first day."""

    customer_id = models.UUIDField()
    profile = models.CharField(max_length=16, choices=PROFILES)
    first_day = models.DateField()
    chosen_at = models.DateTimeField()

    class Meta:
        db_table = "retention_profilechoice"
        constraints = [
            models.UniqueConstraint(
                fields=["customer_id", "first_day"], name="profilechoice_one_a_day"
            ),
            models.CheckConstraint(
                condition=Q(profile__in=[p.value for p in Profile]), name="profilechoice_known"
            ),
        ]
