"""Exchanges for the demonstration, made from the Python standard library that is on the machine.

The code is real, the alerts and answers are made up. The same day and customer give the same
exchanges, so that an interrupted start can go on.
"""

from __future__ import annotations

import random
import sysconfig
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any

MODULES = [
    "argparse",
    "ast",
    "csv",
    "ftplib",
    "gzip",
    "hashlib",
    "imaplib",
    "json",
    "pickle",
    "shutil",
    "ssl",
    "subprocess",
]
RULES = {
    "python.sql-injection": "A query is put together from text",
    "python.shell-injection": "A command is run through a shell",
    "python.weak-hash": "A hash that is no longer safe is used",
    "python.unsafe-deserialisation": "Data from outside is turned into objects",
    "python.path-traversal": "A path from outside is opened",
}
CALLS: tuple[tuple[str, str, str, str, dict[str, bool]], ...] = (
    ("openai", "gpt-5.1", "proj_demo", "responses", {"store": False}),
    ("openai", "gpt-5.1-mini", "proj_demo", "responses", {"store": False}),
    ("amazon-bedrock", "anthropic.claude-haiku-4-5", "111122223333", "converse", {}),
)
VERDICTS = ("true_positive", "false_positive", "uncertain")
CONTEXT = 6
# Of all exchanges: flagged on arrival, so that there are findings to be worked off.
NO_ALERT, NOT_MARKED, NOTHING = 0.07, 0.05, 0.015


@cache
def _source(module: str) -> list[str]:
    folder = Path(sysconfig.get_path("stdlib"))
    candidates = (folder / f"{module}.py", folder / module / "__init__.py")
    found = next((path for path in candidates if path.exists()), None)
    return found.read_text(errors="replace").splitlines() if found else ["pass"] * 40


def of_day(customer: str, day: date, *, until: datetime) -> Iterator[dict[str, Any]]:
    """The customer's exchanges of a UTC day, as the product would post them."""
    dice = random.Random(f"{customer} {day}")
    weekend = day.weekday() >= 5
    for number in range(dice.randint(0, 1) if weekend else dice.randint(2, 5)):
        minute = dice.randrange(7 * 60, 19 * 60)
        at = datetime.combine(day, time(), UTC) + timedelta(minutes=minute)
        name = f"{customer.lower()}-{day:%Y%m%d}-{number}"
        body = _as_senders_are(name, _exchange(dice, customer, name, at))
        if at <= until:
            yield body


def _exchange(dice: random.Random, customer: str, name: str, at: datetime) -> dict[str, Any]:
    module = dice.choice(MODULES)
    lines = _source(module)
    line = dice.randrange(CONTEXT, max(CONTEXT + 1, len(lines) - CONTEXT))
    first, last = line - CONTEXT, min(len(lines), line + CONTEXT)
    rule = dice.choice(list(RULES))
    verdict = dice.choice(VERDICTS)
    subprocessor, model, account, endpoint, retention = dice.choice(CALLS)
    path = f"src/{module}.py"
    return {
        "id": name,
        "occurred_at": at.isoformat(),
        "purpose": "triage",
        "subprocessor": subprocessor,
        "model": model,
        "account": account,
        "endpoint": endpoint,
        "zero_retention": retention,
        "source": {"provider": "github", "repository": f"{customer.lower()}/tools", "path": path},
        "finding": {"id": f"F-{name}", "rule": rule, "start_line": line, "end_line": line},
        "prompt": [
            {"type": "text", "text": f"{RULES[rule]}. Is line {line} of {path} a true positive?"},
            {
                "type": "snippet",
                "path": path,
                "start_line": first,
                "end_line": last,
                "text": "\n".join(lines[first - 1 : last]),
            },
        ],
        "response": {
            "text": f"{verdict.replace('_', ' ').capitalize()}: what reaches line {line} of"
            f" {path} was looked at with {CONTEXT} lines around it.",
            "finish_reason": "stop",
        },
        "usage": {"input_tokens": dice.randint(300, 1500), "output_tokens": dice.randint(30, 200)},
        "latency_ms": dice.randint(400, 4000),
        "evaluation": {"verdict": verdict, "score": round(dice.random(), 2)},
        "delivered_at": (at + timedelta(seconds=4)).isoformat() if dice.random() < 0.6 else None,
    }


def _as_senders_are(name: str, body: dict[str, Any]) -> dict[str, Any]:
    """Some name no alert, some send code as text, and now and then there is nothing in it."""
    chance = random.Random(f"{name} as it is sent").random()
    if chance < NO_ALERT:
        body["finding"] = None
    elif chance < NO_ALERT + NOT_MARKED:
        body["prompt"] = [
            {"type": "text", "text": "\n".join(part["text"] for part in body["prompt"])}
        ]
    elif chance < NO_ALERT + NOT_MARKED + NOTHING:
        body["prompt"], body["response"] = None, {"text": "", "finish_reason": "error"}
    return body
