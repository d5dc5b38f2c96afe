"""Alarms and the mails about them. All times are the host's: machines and mail live in it."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Alarm(models.Model):
    """One stretch of trouble. Seen first, raised once it lasted, ended once it stayed away.

    `clear_since` stands while the trouble is away but may come back. One of a kind at a time.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=32)
    began_at = models.DateTimeField()
    raised_at = models.DateTimeField(null=True)
    clear_since = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "alarm"
        ordering = ("-began_at", "kind")
        constraints = (
            models.UniqueConstraint(
                fields=("kind",), condition=Q(ended_at=None), name="alarm_one_of_a_kind"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None)
                | Q(ended_at__gte=F("began_at"), raised_at__isnull=False),
                name="alarm_ends_after_it_began",
            ),
        )

    def __str__(self) -> str:
        return self.kind


class AlarmMail(models.Model):
    """One mail to one person: one beginning, one end, one reminder a day. Its row is its claim.

    It names the person by login, never by address, and holds no text.
    """

    class Event(models.TextChoices):
        """What it tells."""

        BEGAN = "began", "began"
        REMINDER = "reminder", "lasts"
        ENDED = "ended", "ended"

    class State(models.TextChoices):
        """`unsure`: we do not know whether it was sent, and so it never is again."""

        WAITING = "waiting", "waiting"
        SENDING = "sending", "being sent"
        SENT = "sent", "sent"
        UNSURE = "unsure", "may not have arrived"
        REFUSED = "refused", "refused by the mail server"
        DROPPED = "dropped", "overtaken by a newer one"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    alarm = models.ForeignKey(Alarm, models.CASCADE, related_name="mails")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    event = models.CharField(max_length=8, choices=Event)
    number = models.PositiveIntegerField(default=0)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    attempts = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    trouble = models.CharField(max_length=32, blank=True, default="")

    class Meta:
        verbose_name = "mail about an alarm"
        constraints = (
            models.UniqueConstraint(
                fields=("alarm", "recipient", "event", "number"), name="alarmmail_each_once"
            ),
        )
        indexes = (
            models.Index(
                fields=("next_try_at",),
                condition=Q(state__in=("waiting", "sending")),
                name="alarmmail_to_send",
            ),
        )
