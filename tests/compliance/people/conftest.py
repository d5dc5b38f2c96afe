"""Pages are asked for through the whole stack, as a browser would."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import settings


@pytest.fixture(autouse=True)
def _static_folder() -> None:
    """`up` collects the static files; the middleware warns when there is no folder for them."""
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
