"""How long a session lives. Pure: instants in, instants out; `docs/security.md` says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limits:
    """`idle`: from the last request on. `absolute`: from signing in on, whatever is done."""

    idle: timedelta
    absolute: timedelta

    def end(self, *, signed_in_at: datetime, now: datetime) -> datetime:
        """When a session ends that was used now and not again."""
        return min(now + self.idle, signed_in_at + self.absolute)


# Staff reach every customer's dates and keys, at desks where others come by: a working day.
STAFF = Limits(timedelta(minutes=15), timedelta(hours=8))
# Members reach their own company's facts only and come by rarely; 14 days is what a session is
# kept for at most, so nobody who uses one all the time keeps it for ever.
MEMBER = Limits(timedelta(minutes=60), timedelta(days=14))
# A guest proved to read a mail, and has no password and no second factor: as short as staff.
GUEST = Limits(timedelta(minutes=15), timedelta(hours=8))
# Before signing in: a second factor that is waited for, a link for a new password.
VISITOR = Limits(timedelta(minutes=60), timedelta(minutes=60))
# `seen_at` is written at most this often; a session may end that much early, never late.
GRAIN = timedelta(seconds=30)


def limits(*, staff: bool) -> Limits:
    """What holds for somebody who is signed in."""
    return STAFF if staff else MEMBER
