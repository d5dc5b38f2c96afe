"""The history of findings: one line for each that something was done about, and log entries.

The log of acts gets ids and numbers; the words of a reason stay in the history.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from compliance.findings.models import Finding, FindingAct, FindingLetter
from compliance.people.models import User
from retention.actor import Actor
from retention.ledger.append import Act, Fact, append_all

# So many findings at most stand in one entry of the log.
IN_ONE_ENTRY = 500


def note(
    kind: FindingAct.Kind,
    findings: Sequence[Finding],
    *,
    by: Actor,
    now: datetime,
    text: str = "",
    until: date | None = None,
    owner: User | None = None,
    facts: Mapping[str, Fact] | None = None,
) -> None:
    """Write down what was done about them, in the caller's transaction."""
    FindingAct.objects.bulk_create(
        FindingAct(
            finding=finding, kind=kind, by_id=person(by), at=now, items=finding.items, note=text,
            until=until, owner=owner,
        )
        for finding in findings
    )  # fmt: skip
    who: dict[str, Fact] = {"actor": by.kind, "actor_id": by.id, **(facts or {})}
    append_all(
        [
            Act(f"finding:group:{kind.value}", None, {"findings": _ids(some), **who})
            for some in _chunks(findings)
        ],
        now=now,
    )


def note_told(letter: FindingLetter, findings: Sequence[Finding], *, now: datetime) -> None:
    """The same of a letter, whose entry in the log is its own."""
    FindingAct.objects.bulk_create(
        FindingAct(
            finding=finding, kind=FindingAct.Kind.TOLD, by_id=letter.made_by_id, at=now,
            items=finding.items, letter=letter,
        )
        for finding in findings
    )  # fmt: skip


def person(by: Actor) -> UUID | None:
    """Whoever acts, if it is somebody; None is the service itself."""
    return by.id if by.kind == "user" else None


def _ids(findings: Sequence[Finding]) -> list[UUID]:
    return [finding.pk for finding in findings]


def _chunks(findings: Sequence[Finding]) -> list[Sequence[Finding]]:
    return [findings[n : n + IN_ONE_ENTRY] for n in range(0, len(findings), IN_ONE_ENTRY)]
