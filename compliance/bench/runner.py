"""Runs benchmarks in a process of their own, which sees nothing but their stores."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from compliance.bench.stores import own
from compliance.devup import child
from compliance.devup.bootstrap import ROOT
from compliance.devup.console import Refused
from compliance.devup.state import State


def run(
    names: Sequence[str], *, scale: float, progress: Callable[[str], None]
) -> Iterator[dict[str, Any]]:
    """The report of each benchmark (`Report.as_dict`), each on fresh stores.

    Raises `Refused` when one could not be run.
    """
    for name in names:
        progress(f"{name}: making stores of its own")
        with own() as (state, environment):
            yield _measured(name, state, environment, scale=scale, progress=progress)


def _measured(
    name: str,
    state: State,
    environment: Mapping[str, str],
    *,
    scale: float,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    reader, writer = os.pipe()
    process = child.spawn(
        [sys.executable, "-m", "compliance.bench", name, str(scale)],
        parent_died=signal.SIGTERM,
        log=state.log("bench"),
        output=writer,
        env={**environment, "PYTHONUNBUFFERED": "1"},
        cwd=ROOT,
    )
    os.close(writer)
    try:
        report = _listen(reader, progress)
        process.wait()
    finally:
        child.stop(process, by=signal.SIGTERM, patience=10)
    if report is None:
        raise Refused(f"The benchmark {name} failed:\n{child.tail(state.log('bench'), 30)}")
    return report


def _listen(reader: int, progress: Callable[[str], None]) -> dict[str, Any] | None:
    """Passes on what the benchmark tells; its report comes last."""
    report = None
    with os.fdopen(reader) as stream:
        for line in stream:
            told = json.loads(line)
            if "progress" in told:
                progress(told["progress"])
            report = told.get("report", report)
    return report
