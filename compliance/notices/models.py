"""Who was told what, when, and by which way: the evidence behind "30 days before it changes".

An announcement is made once; each customer has exactly one notice of it, and each attempt to
bring that notice to somebody is a delivery. What was written is kept as it was written.
"""

from __future__ import annotations

from uuid import uuid4

from django.db import models
from django.db.models import Q

from compliance.people.models import LowerCaseEmailField


class Announcement(models.Model):
    """One change that every customer is told, or the withdrawal of one.

    Nothing goes out before `released_at`: the entry of the act is signed then.
    """

    class Kind(models.TextChoices):
        """What is announced."""

        CHANGE = "change", "change of the policy"
        WITHDRAWAL = "withdrawal", "withdrawal of a change"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    version = models.ForeignKey(
        "retention.PolicyVersion", on_delete=models.PROTECT, related_name="announcements"
    )
    takes_effect_on = models.DateField("takes effect on", null=True)
    reply_to = LowerCaseEmailField("answers go to", max_length=254)
    entry = models.OneToOneField("retention.Entry", on_delete=models.PROTECT)
    made_by = models.ForeignKey("compliance.User", on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField("announced")
    released_at = models.DateTimeField("sending since", null=True)
    # Every customer there was has its notice: from here on the numbers of progress stand.
    written_at = models.DateTimeField("all notices written", null=True)

    class Meta:
        verbose_name = "announcement"
        ordering = ("-made_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("kind", "version"), name="announcement_once_for_each_version"
            ),
            models.CheckConstraint(
                condition=Q(kind="change", takes_effect_on__isnull=False)
                | Q(kind="withdrawal", takes_effect_on=None),
                name="announcement_kind",
            ),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.version}"


class Notice(models.Model):
    """What one customer is told of an announcement, word for word. Exactly one.

    `activation`: set while the notice counts as given; a hard bounce takes it away again.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    announcement = models.ForeignKey(Announcement, on_delete=models.PROTECT, related_name="notices")
    customer = models.ForeignKey(
        "compliance.Customer", on_delete=models.PROTECT, related_name="notices"
    )
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField()
    # The day from which the change applies to this customer, as these words state it.
    stated_on = models.DateField("states", null=True)
    # The customer can read it on its own pages from here on.
    published_at = models.DateTimeField("on the customer's page since")
    activation = models.OneToOneField(
        "retention.Activation", on_delete=models.PROTECT, null=True, related_name="notice"
    )
    acknowledged_at = models.DateTimeField("acknowledged", null=True)
    # `user:<id>`, `contact:<id>` or `key:<id>`.
    acknowledged_by = models.CharField(max_length=64, blank=True, default="")
    # A newer announcement, or a withdrawal, made it pointless to reach this customer.
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "notice"
        constraints = (
            models.UniqueConstraint(
                fields=("announcement", "customer"), name="notice_exactly_one_for_each_customer"
            ),
        )

    def __str__(self) -> str:
        return f"{self.announcement} for {self.customer}"


class Delivery(models.Model):
    """One way of bringing a notice to somebody, and what became of it.

    `sending` is written before a mail is handed over, so that nobody sends it a second time;
    whoever dies in between leaves it `unsure`.
    """

    class Purpose(models.TextChoices):
        """What it brings."""

        NOTICE = "notice", "notice"
        REMINDER = "reminder", "reminder"

    class Channel(models.TextChoices):
        """By which way."""

        MAIL = "mail", "mail"
        WEBHOOK = "webhook", "webhook"
        MANUAL = "manual", "reached in person"

    class State(models.TextChoices):
        """What became of it. Only `sent` and `delivered` count as given."""

        WAITING = "waiting", "waiting"
        SENDING = "sending", "being sent"
        SENT = "sent", "sent"
        DELIVERED = "delivered", "delivered"
        BOUNCED = "bounced", "came back"
        REFUSED = "refused", "refused"
        UNSURE = "unsure", "unsure"
        DROPPED = "dropped", "not sent any more"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="deliveries")
    purpose = models.CharField(max_length=8, choices=Purpose.choices, default=Purpose.NOTICE)
    channel = models.CharField(max_length=8, choices=Channel.choices)
    contact = models.ForeignKey(
        "compliance.Contact", on_delete=models.PROTECT, null=True, related_name="deliveries"
    )
    # As it was used: an address, a host, "phone" or "letter".
    address = models.CharField(max_length=254)
    state = models.CharField(max_length=9, choices=State.choices, default=State.WAITING)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_try_at = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField("sent", null=True)
    settled_at = models.DateTimeField("delivered or came back", null=True)
    message_id = models.CharField(max_length=255, blank=True, default="")
    provider_id = models.CharField(max_length=255, blank=True, default="")
    headers = models.JSONField(default=dict)
    # Word for word what went out, where that is not what the notice says: a reminder, or a later
    # day because it went out on a later day.
    subject = models.CharField(max_length=200, blank=True, default="")
    text = models.TextField(blank=True, default="")
    html = models.TextField(blank=True, default="")
    trouble = models.CharField(max_length=64, blank=True, default="")
    # Of a manual delivery: who spoke to whom, and what proves it.
    evidence = models.TextField(blank=True, default="")
    made_by = models.ForeignKey(
        "compliance.User", on_delete=models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        verbose_name = "sending attempt"
        verbose_name_plural = "sending attempts"
        constraints = (
            models.UniqueConstraint(
                fields=("notice", "purpose", "channel", "contact", "address"),
                nulls_distinct=False,
                condition=~Q(channel="manual"),
                name="delivery_once_for_each_contact",
            ),
            models.CheckConstraint(
                condition=~Q(channel="manual") | (~Q(evidence="") & Q(made_by__isnull=False)),
                name="delivery_manual_has_evidence",
            ),
            models.CheckConstraint(
                condition=~Q(state__in=("sent", "delivered")) | Q(sent_at__isnull=False),
                name="delivery_sent_has_a_time",
            ),
        )
        indexes = (
            models.Index(
                fields=("next_try_at", "id"), condition=Q(state="waiting"), name="delivery_waiting"
            ),
            models.Index(
                fields=("claimed_at",), condition=Q(state="sending"), name="delivery_sending"
            ),
            models.Index(fields=("message_id",), name="delivery_message_id"),
            models.Index(fields=("provider_id",), name="delivery_provider_id"),
        )

    def __str__(self) -> str:
        return f"{self.get_channel_display()} to {self.address}"


class MailEvent(models.Model):
    """What a provider, or a returned mail, told about a delivery: once, never changed."""

    class Kind(models.TextChoices):
        """As the mail trade names them; only a hard bounce takes a notice back."""

        DELIVERED = "delivered", "delivered"
        DEFERRED = "deferred", "delayed"
        SOFT = "soft_bounce", "came back for now"
        HARD = "hard_bounce", "came back for good"
        REFUSED = "refused", "refused"

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.PROTECT, related_name="events")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # Who said so: a provider's name, or `dsn`.
    source = models.CharField(max_length=32)
    event_id = models.CharField(max_length=255)
    status = models.CharField(max_length=16, blank=True, default="")
    happened_at = models.DateTimeField(null=True)
    heard_at = models.DateTimeField()

    class Meta:
        verbose_name = "mail event"
        constraints = (
            models.UniqueConstraint(fields=("source", "event_id"), name="mailevent_once"),
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()} ({self.source})"


class Objection(models.Model):
    """A customer's no to a change. Until it is decided, the shorter of both rules applies to it."""

    class Outcome(models.TextChoices):
        """How it ended (design: section 7)."""

        ACCEPTED = "accepted", "the customer accepts the change"
        EXCEPTION = "exception", "exception until a date"
        STRICTER = "stricter", "keep as little as possible"
        LEAVES = "leaves", "the customer leaves"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    notice = models.ForeignKey(Notice, on_delete=models.PROTECT, related_name="objections")
    # `user:<id>`, `contact:<id>` or `key:<id>`.
    made_by = models.CharField(max_length=64)
    made_at = models.DateTimeField("made")
    text = models.TextField("in the customer's words", blank=True, default="")
    stay = models.OneToOneField("retention.Stay", on_delete=models.PROTECT, null=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices, blank=True, default="")
    until = models.DateField("exception until", null=True)
    note = models.TextField("why", blank=True, default="")
    decided_by = models.ForeignKey(
        "compliance.User", on_delete=models.PROTECT, null=True, related_name="+"
    )
    decided_at = models.DateTimeField("decided", null=True)

    class Meta:
        verbose_name = "objection"
        ordering = ("-made_at",)
        constraints = (
            models.UniqueConstraint(
                fields=("notice",),
                condition=Q(decided_at=None),
                name="objection_one_open_for_each_notice",
            ),
            models.CheckConstraint(
                condition=Q(decided_at=None, outcome="", decided_by=None)
                | (Q(decided_at__isnull=False, decided_by__isnull=False) & ~Q(outcome="")),
                name="objection_decided_by_somebody",
            ),
            models.CheckConstraint(
                condition=Q(outcome="exception", until__isnull=False)
                | (~Q(outcome="exception") & Q(until=None)),
                name="objection_exception_has_an_end",
            ),
        )

    def __str__(self) -> str:
        return f"Objection of {self.notice.customer}"


class ReplyCheck(models.Model):
    """That somebody reads the mails to an address: a code was sent there and typed in here."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    address = LowerCaseEmailField(max_length=254)
    code_hash = models.CharField(max_length=64)
    tries = models.PositiveSmallIntegerField(default=0)
    # The host's time, like every code and link.
    sent_at = models.DateTimeField("code sent")
    asked_by = models.ForeignKey("compliance.User", on_delete=models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField("confirmed", null=True)

    class Meta:
        verbose_name = "test of an address for answers"
        ordering = ("-sent_at",)
        indexes = (models.Index(fields=("address", "sent_at"), name="replycheck_address"),)

    def __str__(self) -> str:
        return str(self.address)
