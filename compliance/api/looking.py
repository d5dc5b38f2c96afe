"""An own id without its day may lie on any of 190 days: that look-up has a limit of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Protocol, TypeVar

from rest_framework.request import Request

from compliance.api import limits
from compliance.api.views import owner_of
from retention.records.queries import Address

LOOKUP = "lookup"


class Dated(Protocol):
    """What is found lies on a day."""

    @property
    def clock_day(self) -> date | None: ...


Found = TypeVar("Found", bound=Dated)


def found(
    request: Request, address: Address, ask: Callable[[Address], Found], *, today: date
) -> Found:
    """What `ask` finds at this address; raises `RateLimited` and whatever `ask` raises.

    Today and yesterday are searched first and cost nothing: what was counted is given back.
    """
    if address.exchange or address.day:
        return ask(address)
    limits.take(owner_of(request), LOOKUP)
    answer = ask(address)
    if answer.clock_day and answer.clock_day >= today - timedelta(days=1):
        limits.give_back(owner_of(request), LOOKUP)
    return answer
