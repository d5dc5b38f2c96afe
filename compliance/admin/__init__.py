"""The administration pages: customers, people and keys to work on, the rest to look at.

Models that hold content are never registered. Django finds the pages through this package.
"""

from compliance.admin import (
    arrival,
    calls,
    changes,
    contacts,
    customers,
    deletions,
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
    "arrival",
    "calls",
    "changes",
    "contacts",
    "customers",
    "deletions",
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
