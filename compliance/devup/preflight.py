"""`manage.py preflight`: everything about the code that needs no story to be told, in a minute.

Each check is a process of its own with warnings as errors. All of them run, whatever became of the
others; `manage.py test` runs the same list, so that CI needs one command only.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import time
from collections.abc import Sequence
from dataclasses import dataclass

from compliance.devup.bootstrap import ROOT
from compliance.devup.console import say


@dataclass(frozen=True, slots=True)
class Check:
    """A name, and what Python is started with. `pytest`: part of the suite already."""

    name: str
    arguments: tuple[str, ...]
    pytest: bool = False


CHECKS = (
    Check("style (ruff check)", ("-m", "ruff", "check")),
    Check("format (ruff format)", ("-m", "ruff", "format", "--check")),
    Check("types (mypy)", ("-m", "mypy")),
    Check("migrations are complete", ("-m", "django", "makemigrations", "--check", "--dry-run")),
    Check(
        "system checks",
        (
            *("-m", "django", "check", "--fail-level", "WARNING"),
            *("--database", "default", "--database", "vault"),
        ),
    ),
    Check(
        "imports, shape, docs",
        (
            *("-m", "pytest", "--quiet", "--tb=short", "-p", "no:cacheprovider"),
            *("tests/test_arrows.py", "tests/test_shape.py", "tests/test_docs.py"),
        ),
        pytest=True,
    ),
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a check ended, what it said, and the seconds it took."""

    passed: bool
    said: str
    seconds: float


def run(checks: Sequence[Check] = CHECKS) -> int:
    """Runs all checks and prints how each ended; 1 if any failed."""
    failed = []
    for check in checks:
        outcome = examine(check)
        say(f"{'✓' if outcome.passed else '✗'} {check.name:26} {outcome.seconds:6.1f} s")
        if not outcome.passed:
            failed.append(check.name)
            say(textwrap.indent(outcome.said.rstrip(), "    "))
    say(f"Failed: {', '.join(failed)}." if failed else "All passed.")
    return 1 if failed else 0


def examine(check: Check) -> Outcome:
    """Runs one check to its end."""
    started = time.monotonic()
    ended = subprocess.run(
        [sys.executable, "-W", "error", *check.arguments],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "compliance.project.settings"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    return Outcome(ended.returncode == 0, ended.stdout, time.monotonic() - started)
