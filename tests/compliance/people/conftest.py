"""Sign-in pages: limits that start anew with each test, mail that is there when the answer is."""

from __future__ import annotations

import os
from typing import Any

import pytest
from django.contrib.auth.hashers import ScryptPasswordHasher
from django.core.cache import caches
from django.test import Client

from compliance.people.models import User
from tests.cast import PASSWORD


@pytest.fixture(autouse=True)
def _fresh_rate_limits(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.MAIL_LATER = False
    # As dear as it is in earnest, the hash would be most of what these tests do.
    monkeypatch.setattr(ScryptPasswordHasher, "work_factor", 2**4)
    # Other processes of the suite count in the same Valkey.
    counters: Any = caches["default"]
    for store in (counters._valkey, counters._table):
        monkeypatch.setattr(store, "key_prefix", f"test-{os.getpid()}")
    counters.clear()


@pytest.fixture
def amir(db: None) -> User:
    return User.objects.create_user("amir@acme.example", PASSWORD)


@pytest.fixture
def olga(db: None) -> User:
    return User.objects.create_superuser("olga@sandglass.example", PASSWORD)


@pytest.fixture
def other() -> Client:
    """Another browser."""
    return Client()
