"""The administration pages: customers, people and keys to work on, the rest to look at.

Models that hold content are never registered. Django finds the pages through this package.
"""

from compliance.admin import (
    approvals,
    arrival,
    calls,
    changes,
    contacts,
    customers,
    deletions,
    finding,
    findings,
    front,
    groups,
    health,
    keys,
    log,
    people,
    period,
    policies,
    site,
    terms,
    trail,
    volumes,
)

__all__ = [
    "approvals",
    "arrival",
    "calls",
    "changes",
    "contacts",
    "customers",
    "deletions",
    "finding",
    "findings",
    "front",
    "groups",
    "health",
    "keys",
    "log",
    "people",
    "period",
    "policies",
    "site",
    "terms",
    "trail",
    "volumes",
]
