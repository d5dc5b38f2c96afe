"""Lena is legal contact of Acme, Samir its security contact; neither has a login."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from compliance.customers.contacts import add_contact
from compliance.customers.models import Contact
from retention.actor import SYSTEM, Actor
from tests.cast import SINCE, Cast
from tests.compliance.notices.conftest import Scene
from tests.compliance.people.conftest import _fresh_rate_limits as _fresh_rate_limits
from tests.compliance.portal.doors import LENA, SAMIR, by_code


@pytest.fixture
def lena(cast: Cast) -> Contact:
    return add_contact(
        cast.acme.customer, name="Lena", email=LENA, role="legal", by=SYSTEM, now=SINCE
    )


@pytest.fixture
def samir(cast: Cast) -> Contact:
    return add_contact(
        cast.acme.customer, name="Samir", email=SAMIR, role="security", by=SYSTEM, now=SINCE
    )


@pytest.fixture
def guest(lena: Contact) -> Client:
    """Lena's browser, signed in."""
    client = Client()
    by_code(client, LENA)
    return client


@pytest.fixture
def told(cast: Cast, lena: Contact, settings: Any) -> Callable[[], Scene]:
    """Announce a change to everybody, and give notice of it."""

    def announce() -> Scene:
        settings.DEMO = True
        scene = Scene.__new__(Scene)
        scene.olga, scene.by = cast.olga, Actor("user", cast.olga.pk)
        scene.announce()
        scene.send()
        return scene

    return announce
