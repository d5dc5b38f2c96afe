"""The address that answers go to is read by somebody: a code is sent there and typed in here.

A notice whose Reply-To nobody reads takes away the customer's way to object.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from django.conf import settings
from django.core.mail import EmailMessage
from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils.crypto import constant_time_compare, salted_hmac

from compliance.mail.server import automatic
from compliance.notices.errors import ReplyNotConfirmed, WrongCode
from compliance.notices.models import ReplyCheck
from compliance.notices.person import person
from compliance.people.models import lower_case
from retention import clock
from retention.actor import Actor
from retention.ledger.append import append

GOOD_FOR = timedelta(days=30)
CODE_LIVES = timedelta(minutes=30)
MOST_TRIES = 5
DIGITS = 8


def ask(address: str, *, by: Actor) -> ReplyCheck:
    """Send a code to the address; what the mail server refuses is raised.

    It comes as the notices will: from the same sender, through the same server.
    """
    code = "".join(secrets.choice("0123456789") for _ in range(DIGITS))
    check = ReplyCheck(address=lower_case(address), asked_by_id=person(by))
    check.sent_at, check.code_hash = clock.host_now(), _hash(check, code)
    _mail(check.address, code).send()
    check.save()
    return check


def confirm(address: str, code: str, *, by: Actor, now: datetime) -> ReplyCheck:
    """The newest code that was sent there, typed in. Raises `WrongCode`, five times at most."""
    check = _newest(lower_case(address))
    if check is None:
        raise WrongCode
    # Counted before it is compared and for good, so that nobody tries in parallel.
    tries = ReplyCheck.objects.filter(pk=check.pk, tries__lt=MOST_TRIES, confirmed_at=None)
    if not tries.update(tries=F("tries") + 1) or not _is_right(check, code):
        raise WrongCode
    with transaction.atomic():
        ReplyCheck.objects.filter(pk=check.pk).update(confirmed_at=now)
        facts = {"check": check.pk, "actor": by.kind, "actor_id": by.id}
        append("notice:reply:confirmed", now=now, facts=facts)
    check.confirmed_at = now
    return check


def confirmed(address: str, *, now: datetime) -> ReplyCheck | None:
    """What shows that the address is read, if that is not older than 30 days."""
    return (
        ReplyCheck.objects.filter(address=lower_case(address), confirmed_at__gt=now - GOOD_FOR)
        .order_by("-confirmed_at")
        .first()
    )


def refuse_unconfirmed(address: str, *, now: datetime) -> None:
    """Raises `ReplyNotConfirmed`."""
    if confirmed(address, now=now) is None:
        raise ReplyNotConfirmed


def _newest(address: str) -> ReplyCheck | None:
    alive = clock.host_now() - CODE_LIVES
    return (
        ReplyCheck.objects.filter(address=address, sent_at__gt=alive).order_by("-sent_at").first()
    )


def _is_right(check: ReplyCheck, code: str) -> bool:
    return constant_time_compare(_hash(check, "".join(code.split())), check.code_hash)


def _hash(check: ReplyCheck, code: str) -> str:
    value = f"{check.pk}:{check.address}:{code}"
    return salted_hmac("compliance.notices.reply", value, algorithm="sha256").hexdigest()


def _mail(address: str, code: str) -> EmailMessage:
    words = {"code": f"{code[:4]} {code[4:]}", "public_url": settings.PUBLIC_URL}
    body = render_to_string("mail/reply_address.txt", words)
    subject = "Test of the address for answers to notices"
    return EmailMessage(subject, body, to=[address], headers=automatic())
