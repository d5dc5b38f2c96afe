"""One delivery as a mail: text and HTML, headers that stay the same however often it is written.

A legal mail: a person's Reply-To, one Message-ID for ever, notice, reminder and withdrawal in one
thread, no List-Unsubscribe (it cannot be unsubscribed from), nothing loaded from anywhere.
"""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives

from compliance.mail.server import automatic, host
from compliance.notices import return_path
from compliance.notices.models import Delivery, Notice
from compliance.notices.words import Words


def words_of(delivery: Delivery) -> Words:
    """What it says: its own words, or those of the notice."""
    said = delivery if delivery.text else delivery.notice
    return Words(said.subject, said.text, said.html)


def shown(notice: Notice) -> Words:
    """What the customer's page shows: the words with which it was told, or the notice's own."""
    told = notice.deliveries.filter(
        channel=Delivery.Channel.MAIL,
        purpose=Delivery.Purpose.NOTICE,
        state__in=(Delivery.State.SENT, Delivery.State.DELIVERED),
    )
    first = told.select_related("notice").order_by("sent_at", "pk").first()
    return words_of(first) if first else Words(notice.subject, notice.text, notice.html)


def letter(delivery: Delivery, connection: Any = None) -> EmailMultiAlternatives:
    """The mail as its headers, written when it was claimed, and its words say."""
    words = words_of(delivery)
    mail = EmailMultiAlternatives(
        subject=words.subject,
        body=words.text,
        # The sender on the envelope: where it comes back to. People see the header From.
        from_email=return_path.of(delivery.pk),
        to=[delivery.address],
        headers=dict(delivery.headers),
        connection=connection,
    )
    mail.attach_alternative(words.html, "text/html")
    # A provider's events name it (anymail); no other back end looks at it.
    mail.metadata = {"delivery": str(delivery.pk)}  # type: ignore[attr-defined]
    return mail


def headers(delivery: Delivery, now: datetime) -> dict[str, str]:
    """Written down when it is claimed, and used as they are."""
    thread = [_thread(delivery.notice), *_before(delivery)]
    return {
        "From": settings.DEFAULT_FROM_EMAIL,
        "Reply-To": delivery.notice.announcement.reply_to,
        "Date": format_datetime(now),
        "Message-ID": message_id(delivery.pk),
        "References": " ".join(thread),
        "In-Reply-To": thread[-1],
        **automatic(),
    }


def message_id(delivery: UUID) -> str:
    """The same for ever: a mail server that gets it twice can tell."""
    return f"<{delivery}@{host()}>"


def _thread(notice: Notice) -> str:
    """One for each customer and version: notice, reminder and withdrawal lie together."""
    return f"<version-{notice.announcement.version_id}-{notice.customer_id}@{host()}>"


def _before(delivery: Delivery) -> list[str]:
    """What this contact got of the same version earlier."""
    earlier = Delivery.objects.filter(
        notice__customer=delivery.notice.customer_id,
        notice__announcement__version=delivery.notice.announcement.version_id,
        contact=delivery.contact_id,
        channel=Delivery.Channel.MAIL,
        sent_at__isnull=False,
    )
    earlier = earlier.exclude(pk=delivery.pk).order_by("sent_at", "id")
    return list(earlier.values_list("message_id", flat=True))
