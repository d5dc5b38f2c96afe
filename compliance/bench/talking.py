"""A process beside ours that answers one JSON object a line with one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from compliance.devup.bootstrap import ROOT


class Companion:
    """Talks with one such process."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process

    def ask(self, **command: Any) -> dict[str, Any]:
        """What it answers. Raises `RuntimeError` when it ended instead."""
        self.tell(**command)
        return self.answer()

    def tell(self, **command: Any) -> None:
        """Say something without waiting for the answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps(command) + "\n")
        self.process.stdin.flush()

    def answer(self) -> dict[str, Any]:
        """The next answer. Raises `RuntimeError` when it ended instead."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.process.args!r} ended: {self.process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def companion(module: str, *arguments: str) -> Iterator[Companion]:
    """Runs `python -m module`; it ends when its input does."""
    with subprocess.Popen(
        [sys.executable, "-m", module, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
        text=True,
    ) as process:
        try:
            yield Companion(process)
        finally:
            assert process.stdin is not None
            process.stdin.close()
            process.wait(timeout=60)
