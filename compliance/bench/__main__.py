"""One benchmark on the stores of the environment: `python -m compliance.bench NAME SCALE`.

One JSON object a line: progress, and at last the report. `manage.py bench` is the way to start it.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
import time
from collections.abc import Callable
from typing import Any

import django


def main(arguments: list[str]) -> int:
    """Runs it; a failure is a traceback on standard error and exit code 1."""
    name, scale = arguments[0], float(arguments[1])
    django.setup()
    from compliance.bench import measure

    run: Callable[..., Any] = importlib.import_module(f"compliance.bench.{name}").run
    started = time.monotonic()
    # The servers are children of whoever started us.
    neighbours = measure.Neighbours(os.getppid())
    report = run(scale=scale, progress=lambda text: tell(progress=text))
    seconds = time.monotonic() - started
    report.machine = measure.machine() | {
        "load before": round(neighbours.load, 2),
        "load after": round(os.getloadavg()[0], 2),
        "CPU used by others": f"{neighbours.used(seconds):.0%}",
        "seconds": round(seconds, 1),
    }
    tell(report=report.as_dict())
    return 0


def tell(**facts: object) -> None:
    """One line for the process that started us."""
    sys.stdout.write(json.dumps(facts) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
