"""A mail provider's events (django-anymail) as ours: which mail, and what happened to it.

Providers agree on "bounced" and not on how final it is: the answer of the receiving server, or the
provider's own word, decides. When in doubt it is final: a customer is asked rather than bound.
"""

from __future__ import annotations

import hashlib
import json
import re
from typing import Any
from uuid import UUID

import structlog
from anymail.signals import AnymailTrackingEvent, EventType
from django.db.models import Q

from compliance.mail.server import host
from compliance.notices import bounces
from compliance.notices.bounces import Heard
from compliance.notices.models import Delivery, MailEvent
from retention import clock

Kind = MailEvent.Kind
KINDS = {
    EventType.DELIVERED: Kind.DELIVERED,
    EventType.DEFERRED: Kind.DEFERRED,
    EventType.BOUNCED: Kind.HARD,
    EventType.REJECTED: Kind.REFUSED,
    EventType.FAILED: Kind.REFUSED,
}
# "4.2.2 mailbox full", "452 try later"; and how providers name what may pass.
SOFT_ANSWER = re.compile(r"(?<![\d.])4(?:\.\d{1,3}\.\d{1,3}|\d\d)\b")
SOFT_WORDS = ("softbounce", "soft_bounce", "soft bounce", "temporary", "transient")
NAMED = ("Type", "event", "type", "bounce_type", "severity")
log = structlog.get_logger("compliance.notices")


def heard(sender: object, event: AnymailTrackingEvent, esp_name: str, **_: object) -> None:
    """One event of a provider; what is not about a notice, or of no consequence, is let go."""
    kind = kind_of(event)
    delivery = delivery_of(event) if kind else None
    if delivery is None or not _same_person(delivery, event):
        return
    told = Heard(kind, esp_name.lower(), _id_of(event), _status(event), event.timestamp or None)
    bounces.hear(delivery.pk, told, now=clock.now())


def kind_of(event: AnymailTrackingEvent) -> str:
    """What happened, in our words; nothing for opens, clicks and absence assistants."""
    kind = KINDS.get(event.event_type, "")
    return Kind.SOFT if kind == Kind.HARD and _is_soft(event) else kind


def _is_soft(event: AnymailTrackingEvent) -> bool:
    said = event.mta_response or ""
    if answer := re.search(r"(?<![\d.])[45](?:\.\d{1,3}\.\d{1,3}|\d\d)\b", said):
        return SOFT_ANSWER.fullmatch(answer[0]) is not None
    raw = event.esp_event if isinstance(event.esp_event, dict) else {}
    words = [str(raw.get(name, "")).lower() for name in NAMED]
    return any(word.startswith(SOFT_WORDS) for word in words)


def delivery_of(event: AnymailTrackingEvent) -> Delivery | None:
    """By the id that we gave with it, the provider's own, or our Message-ID."""
    named = (event.metadata or {}).get("delivery", "")
    mails = Delivery.objects.filter(channel=Delivery.Channel.MAIL)
    if (delivery := _uuid(named)) and (found := mails.filter(pk=delivery).first()):
        return found
    if not event.message_id:
        return None
    ours = f"<{str(event.message_id).strip('<>')}>"
    same = Q(provider_id=event.message_id)
    if ours.endswith(f"@{host()}>"):
        same |= Q(message_id=ours)
    return mails.filter(same).first()


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _same_person(delivery: Delivery, event: AnymailTrackingEvent) -> bool:
    """A provider that names somebody else speaks of another mail."""
    return not event.recipient or str(event.recipient).lower() == delivery.address.lower()


def _id_of(event: AnymailTrackingEvent) -> str:
    """The provider's own; some give none, and then the event itself is its name."""
    if event.event_id:
        return str(event.event_id)
    raw = json.dumps(event.esp_event, sort_keys=True, default=_plain)
    return f"{event.event_type}:{hashlib.sha256(raw.encode()).hexdigest()}"


def _plain(value: Any) -> str:
    return str(value)


def _status(event: AnymailTrackingEvent) -> str:
    found = re.search(r"\b[245]\.\d{1,3}\.\d{1,3}\b|\b[245]\d\d\b", event.mta_response or "")
    return found[0] if found else str(event.reject_reason or "")
