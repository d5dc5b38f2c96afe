"""Single-use codes by mail: whoever types one has just read the mail of that address.

A code is bound to the browser that asked for it, holds for ten minutes and for three tries, and a
new one for the same address voids the one before. Its hash needs our secret key, since eight digits
alone are searched in a moment. Every address gets a row, so that typing costs the same for all.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils.crypto import constant_time_compare, salted_hmac

from compliance.people.models import MailCode, lower_case

LIFE = timedelta(minutes=10)
DIGITS = 8
SALT = "compliance.people.codes"


@transaction.atomic
def make(ask: UUID, email: str, *, now: datetime) -> str:
    """A new code for this address and the browser that asked; the one before opens nothing."""
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}}"
    email = lower_case(email)
    MailCode.objects.filter(email=email, used_at=None).delete()
    MailCode.objects.create(
        id=ask, email=email, code_hash=_hash(ask, code), made_at=now, ends_at=now + LIFE
    )
    return code


def prove(ask: UUID, typed: str, *, now: datetime) -> str | None:
    """The address whose mail was read; None for a code that is wrong, old, used or voided.

    The try is counted before anything is compared.
    """
    if not _open(now).filter(pk=ask, tries__lt=MailCode.MOST_TRIES).update(tries=F("tries") + 1):
        return None
    row = MailCode.objects.filter(pk=ask).first()
    right = row and constant_time_compare(row.code_hash, _hash(ask, _digits(typed)))
    if not right or not _open(now).filter(pk=ask).update(used_at=now):
        return None
    return row.email if row else None


def clear(*, now: datetime) -> None:
    """Remove what has ended, used or not."""
    MailCode.objects.filter(ends_at__lte=now).delete()


def _open(now: datetime) -> QuerySet[MailCode]:
    return MailCode.objects.filter(used_at=None, ends_at__gt=now)


def _digits(typed: str) -> str:
    """As it was typed, without the gaps that the mail has."""
    return "".join(typed.split())[: 2 * DIGITS]


def _hash(ask: UUID, code: str) -> str:
    return salted_hmac(SALT, f"{ask}:{code}", algorithm="sha256").hexdigest()
