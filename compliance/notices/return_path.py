"""Where a mail comes back to: an address of its own for each delivery, which nobody can make up.

`bounces+<delivery>-<proof>@mail.example.com`; the proof follows from SECRET_KEY. So a returned mail
names its delivery, and whoever invents one cannot take a notice back.
"""

from __future__ import annotations

import re
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

from compliance.notices.errors import NotOurReturnPath

# 80 bits; a local part has room for 64 characters, and may be put into capitals on its way.
PROOF = 20
ADDRESS = re.compile(rf"\+([0-9a-f]{{32}})-([0-9a-f]{{{PROOF}}})@", re.IGNORECASE)


def of(delivery: UUID) -> str | None:
    """The address for this delivery; None (the usual sender) where none is set up."""
    if not settings.EMAIL_RETURN_PATH:
        return None
    local, _, domain = settings.EMAIL_RETURN_PATH.rpartition("@")
    return f"{local}+{delivery.hex}-{_proof(delivery)}@{domain}"


def read(*addresses: str) -> UUID:
    """The delivery that the first fitting address names. Raises `NotOurReturnPath`."""
    for address in addresses:
        for found, proof in ADDRESS.findall(address):
            delivery = UUID(found)
            if constant_time_compare(_proof(delivery), proof.lower()):
                return delivery
    raise NotOurReturnPath


def _proof(delivery: UUID) -> str:
    made = salted_hmac("compliance.notices.return_path", delivery.hex, algorithm="sha256")
    return made.hexdigest()[:PROOF]
