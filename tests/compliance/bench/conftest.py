"""Benchmarks on the stores of a test: how they measure is tried here, never what they measure."""

from __future__ import annotations

import pytest

from tests.conftest import Live


@pytest.fixture
def stores(live: Live, monkeypatch: pytest.MonkeyPatch) -> Live:
    """Stores that processes of a benchmark's own find too."""
    for name, value in live.environment().items():
        monkeypatch.setenv(name, value)
    return live
