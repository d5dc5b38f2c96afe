"""Every code of the API: its status, what it means, what to do. Each has a page of its own, and the
`type` of a problem leads there. The texts are in `problems.toml`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings

TEXTS = Path(__file__).with_suffix(".toml")
HEADINGS = {
    "item": "Of an item of a batch, or of a later part",
    "body": "Of a body",
    "request": "Of a request",
    "ours": "Of ours: nothing you sent is wrong",
}


@dataclass(frozen=True, slots=True)
class Kind:
    """One code. `status` is None where it only ever stands in the result of an item of a batch.

    `of_item`: in a batch it is a result, and the batch is answered with 200.
    """

    code: str
    title: str
    means: str
    do: str
    status: int | None = None
    of_item: bool = False

    @property
    def answered_with(self) -> str:
        """The status of a batch that holds it, where it may, and its own."""
        statuses = [200] * self.of_item + [self.status] * (self.status is not None)
        return ", ".join(map(str, statuses))

    @property
    def address(self) -> str:
        """Where it is explained."""
        return f"{settings.PUBLIC_URL}/api/problems/{self.code}/"


def _read() -> dict[str, list[Kind]]:
    written = tomllib.loads(TEXTS.read_text(encoding="utf-8"))
    return {
        HEADINGS[group]: [
            Kind(code, of_item=group == "item", **facts) for code, facts in kinds.items()
        ]
        for group, kinds in written.items()
    }


GROUPS: Mapping[str, list[Kind]] = _read()
KINDS: Mapping[str, Kind] = {kind.code: kind for kinds in GROUPS.values() for kind in kinds}
