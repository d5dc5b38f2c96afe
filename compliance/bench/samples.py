"""Exchanges of 3 KB of text: prose and source code of the Python on this machine.

Real text, since compression and everything after it depends on it. The standard library alone:
the client process must not load what it measures.
"""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from pydoc_data.topics import topics
from typing import Any

MODULES = ("argparse", "ast", "ftplib", "imaplib", "pickle", "shutil", "ssl", "subprocess")
# Characters; 3,000 in an exchange, one record each.
PROMPT, SNIPPET, RESPONSE, FEEDBACK = 900, 1300, 700, 100
RECORDS = 4
VERDICTS = ("true_positive", "false_positive", "uncertain")


@cache
def _prose() -> str:
    return _plain("\n".join(topics.values()))


@cache
def _code() -> str:
    folder = Path(sysconfig.get_path("stdlib"))
    files = [folder / f"{module}.py" for module in MODULES]
    return _plain("\n".join(file.read_text() for file in files if file.exists()))


def _plain(text: str) -> str:
    return text.encode("ascii", "ignore").decode()


def _cut(dice: random.Random, text: str, length: int) -> str:
    start = dice.randrange(len(text) - length)
    return text[start : start + length]


def exchanges(prefix: str, count: int, *, occurred_at: str) -> Iterator[dict[str, Any]]:
    """As the product would post them. The same prefix gives the same exchanges."""
    dice = random.Random(prefix)
    for number in range(count):
        line = dice.randrange(1, 2000)
        yield {
            "id": f"{prefix}-{number}",
            "occurred_at": occurred_at,
            "purpose": "triage",
            "subprocessor": "openai",
            "model": "gpt-5.1",
            "account": "proj_a1",
            "endpoint": "responses",
            "zero_retention": {"store": False},
            "source": {
                "provider": "github",
                "repository": "acme/payments",
                "commit": f"{dice.getrandbits(160):040x}",
                "path": "src/pay.py",
            },
            "finding": {
                "id": f"F-{number}",
                "rule": "python.sql-injection",
                "start_line": line,
                "end_line": line + 2,
            },
            "prompt": [
                {"type": "text", "text": _cut(dice, _prose(), PROMPT)},
                {
                    "type": "snippet",
                    "path": "src/pay.py",
                    "start_line": line,
                    "end_line": line + 30,
                    "text": _cut(dice, _code(), SNIPPET),
                },
            ],
            "response": {"text": _cut(dice, _prose(), RESPONSE), "finish_reason": "stop"},
            "usage": {
                "input_tokens": dice.randint(300, 1500),
                "output_tokens": dice.randint(30, 200),
            },
            "latency_ms": dice.randint(400, 4000),
            "evaluation": {
                "verdict": dice.choice(VERDICTS),
                "score": round(dice.random(), 2),
                "feedback": _cut(dice, _prose(), FEEDBACK),
            },
        }
