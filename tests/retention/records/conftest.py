"""Acme, Borealis and Cygnus as the engine knows them: bare ids with an accepted policy version.

The days of these tests have their partitions, whatever day the host has.
"""

from __future__ import annotations

from uuid import UUID

import pytest

from retention.actor import SYSTEM
from retention.expiry import partitions
from retention.policies import publish
from retention.policies.rules import Profile
from tests.cast import SINCE
from tests.conftest import Live
from tests.factories.exchanges import NOON

ACME = UUID("ac3e0000-0000-4000-8000-000000000001")
BOREALIS = UUID("b03ea115-0000-4000-8000-000000000002")
CYGNUS = UUID("c1900500-0000-4000-8000-000000000003")


def _accepted(customer: UUID, profile: Profile = Profile.STANDARD) -> UUID:
    publish.accept(customer, profile=profile, by=SYSTEM, now=SINCE)
    return customer


@pytest.fixture
def acme(live: Live) -> UUID:
    """A customer of the standard profile, ready to send on 22 November 2026."""
    partitions.ensure(NOON.date())
    return _accepted(ACME)


@pytest.fixture
def borealis(acme: UUID) -> UUID:
    """Another customer."""
    return _accepted(BOREALIS)


@pytest.fixture
def cygnus(acme: UUID) -> UUID:
    """A customer that keeps as little as possible."""
    return _accepted(CYGNUS, Profile.MINIMAL)
