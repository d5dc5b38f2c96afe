"""Requests for the approval of a second person, the mails about them, and deputies.

What may never be (deciding twice, deciding on one's own) is refused by the database too.
"""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from compliance.approvals.registry import LONGEST_CODE


class ApprovalRequest(models.Model):
    """One thing to decide on. `author`: who made what is asked about, if a person did.

    `fingerprint` says what it was like when it was asked about; what changed since is asked anew.
    """

    class Decision(models.TextChoices):
        """Empty: nobody decided yet."""

        APPROVED = "approved", "approved"
        DECLINED = "declined", "declined"
        TAKEN_BACK = "taken_back", "taken back"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=LONGEST_CODE)
    subject = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64, blank=True, default="")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField("asked")
    decision = models.CharField(max_length=10, choices=Decision, blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    # The approver in whose place a deputy decided.
    in_place_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField("decided", null=True)
    note = models.TextField("note", blank=True, default="")

    class Meta:
        verbose_name = "request for approval"
        verbose_name_plural = "requests for approval"
        ordering = ("-asked_at", "id")
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "subject"), condition=Q(decision=""), name="approval_one_open"
            ),
            models.CheckConstraint(
                condition=Q(decision="", decided_by=None, decided_at=None)
                | Q(
                    decision__in=("approved", "declined", "taken_back"),
                    decided_by__isnull=False,
                    decided_at__isnull=False,
                ),
                name="approval_decided_or_open",
            ),
            # NULL is neither equal nor unequal: an open request, and one without an author, pass.
            models.CheckConstraint(
                condition=Q(decision__in=("", "taken_back"))
                | (~Q(decided_by=F("asked_by")) & (Q(author=None) | ~Q(decided_by=F("author")))),
                name="approval_by_a_second_person",
            ),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.subject}"

    @property
    def is_open(self) -> bool:
        """Whether somebody has to decide."""
        return self.decision == ""


class Deputy(models.Model):
    """Somebody who decides in an approver's place, from one day to another."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    deputy = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    first_day = models.DateField("first day")
    last_day = models.DateField("last day")
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    made_at = models.DateTimeField("made")
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+"
    )
    ended_at = models.DateTimeField("ended", null=True)

    class Meta:
        verbose_name = "deputy"
        verbose_name_plural = "deputies"
        ordering = ("-first_day", "id")
        constraints = (
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")), name="deputy_days_in_order"
            ),
            models.CheckConstraint(
                condition=~Q(person=F("deputy")), name="deputy_is_somebody_else"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, ended_by=None)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="deputy_ended_by_somebody",
            ),
        )

    def __str__(self) -> str:
        return f"{self.deputy} for {self.person}"


class ApprovalMail(models.Model):
    """One mail to one person about one request. Its row is its claim; it holds no text.

    `number`: of a reminder, the days since it was asked.
    """

    class Event(models.TextChoices):
        """What it tells."""

        ASKED = "asked", "asked"
        REMINDER = "reminder", "waits"
        DECIDED = "decided", "decided"

    class State(models.TextChoices):
        """`unsure`: whether it was sent is not known, and so it is not sent again."""

        WAITING = "waiting", "waiting"
        SENDING = "sending", "being sent"
        SENT = "sent", "sent"
        UNSURE = "unsure", "may not have arrived"
        REFUSED = "refused", "refused by the mail server"
        DROPPED = "dropped", "overtaken"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    request = models.ForeignKey(ApprovalRequest, models.PROTECT, related_name="mails")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    event = models.CharField(max_length=8, choices=Event)
    number = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "mail about an approval"
        constraints = (
            models.UniqueConstraint(
                fields=("request", "recipient", "event", "number"), name="approvalmail_each_once"
            ),
        )
        indexes = (
            models.Index(
                fields=("next_try_at",),
                condition=Q(state__in=("waiting", "sending")),
                name="approvalmail_to_send",
            ),
        )
