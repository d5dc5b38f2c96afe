"""Which models' field changes are written down, by whom and when.

Never a model that holds content. Secrets are left out: neither a password nor the hash of a key
belongs into a list that many may read. Writes that pass by the models (`update()`, bulk, raw SQL)
are not heard here: the acts that matter stand in the activity log, written by the verbs.
"""

from __future__ import annotations

from auditlog.registry import auditlog

from compliance.customers.models import ApiKey, Contact, Customer
from compliance.people.models import Member, User


def register() -> None:
    """Called once, when the app is ready."""
    auditlog.register(
        User,
        exclude_fields=["password", "last_login", "memberships"],
        m2m_fields={"groups", "user_permissions"},
    )
    auditlog.register(Member)
    auditlog.register(
        Customer, exclude_fields=["members", "keys", "contacts", "acceptances", "notices"]
    )
    auditlog.register(Contact, exclude_fields=["deliveries"])
    auditlog.register(ApiKey, exclude_fields=["secret_hash", "last_used_at"])
