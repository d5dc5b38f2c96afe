"""What the schema says is what the API does: schemathesis with all of its checks, from outside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

from tests.compliance.api.conftest import Served

CONFIG = Path(settings.BASE_DIR) / "schemathesis.toml"


def run(served: Served, folder: Path, *options: str) -> None:
    """A run as anybody could make it, with a key that may both send and read."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(CONFIG), "run"),
            f"{served.address}/api/schema/",
            *("--checks", "all", "--seed", "1", "--no-color", "--suppress-health-check", "all"),
            # `Allow` leaves out DELETE, which the schema names only to say that it is refused.
            *("--exclude-checks", "allow_header_conformance"),
            *("-H", f"Authorization: Bearer {served.both}"),
            *options,
        ],
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONWARNINGS": "ignore", "HYPOTHESIS_STORAGE_DIRECTORY": str(folder)},
        capture_output=True,
        text=True,
        timeout=280,
    )
    assert done.returncode == 0, "\n".join(line[:300] for line in done.stdout.splitlines())


def test_a_short_run_finds_nothing(served: Served, tmp_path: Path) -> None:
    run(served, tmp_path, "--phases", "examples,coverage", "--max-examples", "1")


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_long_run_finds_nothing(served: Served, tmp_path: Path) -> None:
    run(served, tmp_path, "--max-examples", "25")
