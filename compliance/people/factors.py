"""Second factors: who must have one, who has, and taking lost ones away.

The package keeps them (`allauth.mfa`): authenticator apps, passkeys, recovery codes.
"""

from __future__ import annotations

from datetime import datetime

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.db import transaction

from compliance.people import notify, sessions
from compliance.people.errors import NoSecondFactor, NotOneself
from compliance.people.models import User
from retention.actor import Actor
from retention.ledger.append import append

# Recovery codes alone are none: they stand in for one of these.
FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


class Adapter(DefaultMFAAdapter):  # type: ignore[misc]
    """How this service calls itself in people's apps and keys."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """A passkey belongs to the host; the name is for its person."""
        entity: dict[str, str] = super().get_public_key_credential_rp_entity()
        return {**entity, "name": "Sandglass"}

    def generate_authenticator_name(self, user: User, type: str) -> str:
        """What a new passkey is called unless its person says otherwise."""
        known = Authenticator.objects.filter(user=user, type=type).count()
        return f"Passkey {known + 1}" if known else "Passkey"


def has_factor(user: User) -> bool:
    """Whether this login is asked for more than its password."""
    return bool(Authenticator.objects.filter(user=user, type__in=FACTORS).exists())


def is_missing(user: User, *, staff: bool) -> bool:
    """Whether this login has to set one up before anything else."""
    return bool(settings.MFA_REQUIRED and staff) and not has_factor(user)


@transaction.atomic
def take_away(user: User, *, by: Actor, now: datetime) -> int:
    """Remove every second factor of somebody who lost theirs; all of their sessions end.

    Whoever decides on it makes sure first who asks. Raises `NotOneself` and `NoSecondFactor`.
    """
    if by.id == user.pk:
        raise NotOneself
    found = Authenticator.objects.filter(user=user)
    kinds = {str(kind): found.filter(type=kind).count() for kind in FACTORS}
    if not found.delete()[0]:
        raise NoSecondFactor
    sessions.end_all(User.objects.filter(pk=user.pk))
    append(
        "people:factors:removed",
        now=now,
        facts={"actor": by.kind, "actor_id": by.id, "user": user.pk, **kinds},
    )
    notify.tell_of_second_factor(user=user)
    return sum(kinds.values())
