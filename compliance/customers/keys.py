"""API keys: made, recognised, revoked.

A token is `sg_<prefix>_<secret>`. The prefix is public and finds the row; of the secret only its
SHA-256 is kept. A slow hash with a salt would guard nothing here: it makes guessing of short, human
secrets expensive, and this secret is 256 random bits that nobody can guess at any speed, while
every request would pay for it.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from secrets import choice, token_urlsafe

from django.db import transaction
from django.db.models import Q

from compliance.customers.errors import BadEnvironment, NoScope, StaleKey, UnknownKey
from compliance.customers.models import ENVIRONMENT, ApiKey, Customer
from retention.actor import Actor
from retention.ledger.append import Fact, append

PREFIX_ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
PREFIX_LENGTH = 8
SECRET_BYTES = 32
LONGEST_TOKEN = 128
SCOPES = frozenset({"ingest", "read"})
USE_IS_NOTED_EVERY = timedelta(hours=1)
NOBODYS_HASH = "0" * 64


def issue_key(
    customer: Customer,
    scopes: Collection[str],
    *,
    label: str,
    environment: str = "production",
    by: Actor,
    now: datetime,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its token, which is known to nobody afterwards.

    Raises `NoScope` unless `scopes` names `ingest`, `read` or both, and `BadEnvironment`.
    """
    if not scopes or not SCOPES.issuperset(scopes):
        raise NoScope
    if not re.fullmatch(ENVIRONMENT, environment):
        raise BadEnvironment
    prefix, secret = _new_prefix(), token_urlsafe(SECRET_BYTES)
    with transaction.atomic():
        key = ApiKey.objects.create(
            customer=customer,
            label=label,
            environment=environment,
            may_ingest="ingest" in scopes,
            may_read="read" in scopes,
            prefix=prefix,
            secret_hash=_hash(secret),
            created_at=now,
        )
        _note("customer:key:issued", key, by=by, now=now)
    return key, f"sg_{prefix}_{secret}"


def authenticate(token: str) -> ApiKey:
    """The key of this token, with its customer, in one query; raises `UnknownKey`.

    It does not look at the customer's state: what a suspended customer may still do is for the
    surface to say.
    """
    prefix, secret = _taken_apart(token)
    # Without the list's order, which only costs: a prefix is unique.
    found = ApiKey.objects.select_related("customer").filter(prefix=prefix).order_by()[:1]
    key = next(iter(found), None)
    # Compared for an unknown prefix too, so that the time taken does not tell which ones exist.
    matches = compare_digest(key.secret_hash if key else NOBODYS_HASH, _hash(secret))
    if key is None or not matches or key.revoked_at is not None:
        raise UnknownKey
    return key


def revoke(key: ApiKey, *, by: Actor, now: datetime) -> None:
    """End this key at once and for good; raises `StaleKey` if somebody did before."""
    with transaction.atomic():
        if ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now) != 1:
            raise StaleKey
        _note("customer:key:revoked", key, by=by, now=now)
    key.revoked_at = now


def note_use(key: ApiKey, *, now: datetime) -> None:
    """Remember that the key is in use, once an hour at most: not a write for every request."""
    if key.last_used_at and now - key.last_used_at < USE_IS_NOTED_EVERY:
        return
    unnoted = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_IS_NOTED_EVERY)
    ApiKey.objects.filter(unnoted, pk=key.pk).update(last_used_at=now)


def _new_prefix() -> str:
    return "".join(choice(PREFIX_ALPHABET) for _ in range(PREFIX_LENGTH))


def _hash(secret: str) -> str:
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _taken_apart(token: str) -> tuple[str, str]:
    """Prefix and secret, or `UnknownKey` before the database is asked about nonsense."""
    if len(token) > LONGEST_TOKEN:
        raise UnknownKey
    match = re.fullmatch(r"sg_([a-z2-7]{8})_([A-Za-z0-9_-]+)", token)
    if match is None:
        raise UnknownKey
    return match[1], match[2]


def _note(kind: str, key: ApiKey, *, by: Actor, now: datetime) -> None:
    facts: dict[str, Fact] = {
        "key": key.pk,
        "ingest": key.may_ingest,
        "read": key.may_read,
        "actor": by.kind,
        "actor_id": by.id,
    }
    append(kind, now=now, customer=key.customer_id, facts=facts)
