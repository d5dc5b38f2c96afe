"""A mail that came to our return path, as it came: read, matched, heard."""

from __future__ import annotations

import email
from datetime import datetime
from email.policy import compat32
from enum import StrEnum

from compliance.notices import bounces, dsn, return_path
from compliance.notices.bounces import Heard
from compliance.notices.errors import NotOurReturnPath
from compliance.notices.models import Delivery


class Fate(StrEnum):
    """What became of it."""

    HEARD = "heard"
    KNOWN = "known"
    NO_REPORT = "no_report"


def receive(raw: bytes, *, recipient: str = "", now: datetime) -> Fate:
    """Take one mail. `recipient`: the envelope's, where the mail server names it.

    Raises `NotOurReturnPath`.
    """
    mail = email.message_from_bytes(raw, policy=compat32)
    delivery = return_path.read(recipient, *dsn.addresses(mail))
    report = dsn.report(mail)
    if report is None:
        return Fate.NO_REPORT
    if not Delivery.objects.filter(pk=delivery).exists():
        raise NotOurReturnPath
    heard = Heard(report.kind, "dsn", dsn.event_id(mail, raw), report.status, report.happened_at)
    return Fate.HEARD if bounces.hear(delivery, heard, now=now) else Fate.KNOWN
