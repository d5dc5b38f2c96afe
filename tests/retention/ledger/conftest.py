"""A database of its own, since entries stay."""

from __future__ import annotations

import pytest

from tests.conftest import Live


@pytest.fixture(autouse=True)
def _stores(live: Live) -> None:
    """Every test here commits."""
