"""When a decision does not cover what came in later. Pure."""

from __future__ import annotations

from compliance.findings.models import Finding

DAYS_LOOKED_AT = 28
JUMP = 10
State = Finding.State


def opens_again(finding: Finding, *, most: int) -> bool:
    """Whether flags that came in after it was decided open it again.

    What was explained or fixed should not go on. What was accepted may, as it was usual then;
    `most`: the most flags on one of the days that were added to.
    """
    if finding.state in (State.EXPLAINED, State.FIXED):
        return True
    return finding.state == State.ACCEPTED and most >= JUMP * max(1, finding.usual)
