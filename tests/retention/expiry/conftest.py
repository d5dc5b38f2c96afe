"""Two customers as the engine knows them: by their ids."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.cast import make_company
from tests.conftest import Live


@pytest.fixture
def acme(live: Live) -> UUID:
    """A customer of the standard profile."""
    return make_company("Acme").id


@pytest.fixture
def borealis(live: Live) -> UUID:
    """Another one."""
    return make_company("Borealis").id
