"""Every alarm there is: its words, and what must be seen for how long before it is one.

Pure: a look at the service (`Seen`) becomes the set of conditions that hold, by code. The words go
into mails and pages of officers, who have pages and no command line; the commands are in
`docs/alarms.md`, which has a section for each code (tests hold both).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from compliance.health.figures import Figures, reserve

# Keys are promised to be gone within 15 minutes of their instant, rows within 24 hours.
KEYS_WITHIN = timedelta(minutes=15)
ROWS_WITHIN = timedelta(hours=24)
RUN_WITHIN = timedelta(minutes=10)
SIGNED_WITHIN = timedelta(minutes=5)
COPY_WITHIN = timedelta(hours=1)
# Early enough that somebody can make room before exchanges are refused.
DISK_LOW = 3
NOW, SOON, LATER = timedelta(), timedelta(minutes=3), timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Seen:
    """One look: figures, which checks failed, and whether the vault lost its keys."""

    figures: Figures
    at: datetime
    failed: frozenset[str] = frozenset()
    keys_lost: bool = False

    def since(self, part: str) -> timedelta | None:
        """How long ago a part of the minute ended well; None: never."""
        found = self.figures.parts.get(part)
        return self.at - found.came_at if found and found.came_at else None

    def failing(self, part: str) -> str:
        """Why a part of the minute does not end well, or nothing."""
        found = self.figures.parts.get(part)
        return found.failure if found else ""


@dataclass(frozen=True, slots=True)
class Kind:
    """`title` says it in a line, `means` and `do` in a sentence or two each."""

    code: str
    title: str
    means: str
    do: str
    holds: Callable[[Seen], bool] = field(repr=False)
    # Seen for so long without a break before it is an alarm: what mends itself alarms nobody.
    after: timedelta = SOON


def _longer(seconds: float, limit: timedelta) -> bool:
    return seconds > limit.total_seconds()


def _no_run(seen: Seen) -> bool:
    if seen.figures.clock_alarm:
        return False
    since = seen.since("deletion")
    return since is None or since > RUN_WITHIN


def _minute_fails(seen: Seen) -> bool:
    return any(seen.failing(part) not in ("", "clock_suspect") for part in seen.figures.parts)


def _miscounted(seen: Seen) -> bool:
    count = seen.figures.parts.get("count")
    return seen.figures.blocked > 0 or bool(count and count.facts.get("wrong"))


def _disk_below(seen: Seen, times: int) -> bool:
    return any(free < times * reserve() for free in seen.figures.disks.values())


_ALL = (
    Kind(
        "deletion_overdue",
        "Deletion is overdue",
        "Data has passed its deletion date by more than 15 minutes and its encryption keys still"
        " exist. Nobody can read it through Sandglass, but it is not destroyed.",
        "Look at the other alarms on the page Service: one of them is usually the cause. The page"
        " Day groups shows what is due, and what is blocked. If nothing else alarms, ask whoever"
        " runs the service.",
        lambda seen: _longer(seen.figures.readable.oldest_seconds, KEYS_WITHIN),
    ),
    Kind(
        "removal_overdue",
        "Removal from the database is overdue",
        "The encryption keys are destroyed, so nobody can read the data any more, but its items"
        " are still in the database more than 24 hours after the deletion date.",
        "Ask whoever runs the service what reads old days for so long, such as a dump or a copy of"
        " the database: removal waits for it and is tried again every minute.",
        lambda seen: _longer(seen.figures.rows.oldest_seconds, ROWS_WITHIN),
    ),
    Kind(
        "no_deletion_run",
        "No deletion run for more than 10 minutes",
        "The worker or its scheduler does not come by. From its deletion date on data is given out"
        " to nobody all the same, but nothing is destroyed.",
        "The page Service shows whether the queue answers too. Ask whoever runs the service to"
        " start worker and scheduler again, or to do one run by hand.",
        _no_run,
    ),
    Kind(
        "clock_not_trusted",
        "The host's clock is not trusted",
        "The time runs backwards, jumped, or differs from the database's. Deletion cannot be"
        " undone, so nothing is destroyed until the clock can be believed.",
        "Ask whoever runs the service to set the clock that is wrong; it is believed again by"
        " itself. If the time is right, they can say so; the activity log keeps who did.",
        lambda seen: bool(seen.figures.clock_alarm),
        NOW,
    ),
    Kind(
        "count_mismatch",
        "The count check failed",
        "Items that were stored and items that are there do not add up. After its date such a day"
        " group is given out to nobody, and is not destroyed until somebody has looked.",
        "On the page Day groups the state of each says whether its deletion is blocked. Ask whoever"
        " runs the service who changed the database by hand, or what was restored from a backup.",
        _miscounted,
        NOW,
    ),
    Kind(
        "day_missing",
        "A day has no place in the database",
        "Calls of that day are refused and are to be sent again. Days are made 14 days ahead, so"
        " this has been failing for long, or somebody removed one.",
        "See what the page Service says about 'New days', and ask whoever runs the service to put"
        " it right.",
        lambda seen: seen.figures.missing_days > 0,
    ),
    Kind(
        "log_unsigned",
        "Activity log entries wait to be signed",
        "Entries have been waiting for more than 5 minutes. Destruction waits for its signed"
        " entry, so nothing new is deleted meanwhile.",
        "See what the page Service says about 'Signing the activity log', and ask whoever runs the"
        " service whether the worker runs.",
        lambda seen: _longer(seen.figures.unsigned.oldest_seconds, SIGNED_WITHIN),
    ),
    Kind(
        "key_copy_old",
        "The copy of the encryption keys is too old",
        "If the keys were lost now, everything stored since that copy would be unreadable.",
        "Ask whoever runs the service whether the place of the copy is there, has room and may be"
        " written.",
        lambda seen: _longer(seen.figures.copy_age or 0.0, COPY_WITHIN),
    ),
    Kind(
        "keys_unreachable",
        "The encryption keys cannot be reached",
        "Nothing can be stored, read or destroyed. Or the keys' database is empty while data is"
        " live: then it was lost or replaced.",
        "Ask whoever runs the service at once. If the keys' database is empty, everything must be"
        " stopped until it, or its copy, is put back.",
        lambda seen: "vault" in seen.failed or seen.keys_lost,
    ),
    Kind(
        "queue_unreachable",
        "The queue cannot be reached",
        "The worker is not woken, so no deletion run comes by. Storing and reading go on.",
        "Ask whoever runs the service to start the queue again; nothing in it needs to be saved.",
        lambda seen: "broker" in seen.failed,
    ),
    Kind(
        "disk_low",
        "A disk is nearly full",
        f"Less than {DISK_LOW} times the reserve is left. Below the reserve calls are refused.",
        "The page Service shows how much is left. Ask whoever runs the service to make room, or to"
        " give the database and the keys a larger disk.",
        lambda seen: _disk_below(seen, DISK_LOW),
    ),
    Kind(
        "disk_full",
        "A disk is full: calls are refused",
        "Less than the reserve is left. Calls are refused and are to be sent again; the rest is"
        " kept for deletion, which needs room too.",
        "Ask whoever runs the service to make room now. Deleting files of the database by hand"
        " would lose data.",
        lambda seen: _disk_below(seen, 1),
        NOW,
    ),
    Kind(
        "minute_failing",
        "A part of the worker's minute fails",
        "Something that is done every minute was refused or failed, and is tried again each"
        " minute: new days, signing, deletion, the nightly count or the copy of the keys.",
        "The page Service says which part, since when, and its code: tell whoever runs the service"
        " all three.",
        _minute_fails,
        LATER,
    ),
)
KINDS: Mapping[str, Kind] = {kind.code: kind for kind in _ALL}


def holding(seen: Seen) -> set[str]:
    """The codes of every condition that holds at this look."""
    return {kind.code for kind in KINDS.values() if kind.holds(seen)}
