"""Every refusal of the engine: one class each, with a stable code and its facts as fields.

The engine raises, the surfaces translate (`compliance/api/errors.py` maps a code to a status once),
tasks let it fail. A message never carries content.
"""

from __future__ import annotations

from typing import ClassVar


class RetentionError(Exception):
    """The engine refused."""

    code: ClassVar[str] = "retention_error"
    retryable: ClassVar[bool] = False

    def __init__(self, message: str = "", **facts: object) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip().splitlines()[0])
        self.facts = facts


class ClockRefused(RetentionError):
    """The demonstration clock moves forward only, and only in a demonstration state."""

    code = "clock_refused"


class ClockSuspect(RetentionError):
    """The host's time cannot be trusted: nothing is destroyed until somebody has looked."""

    code = "clock_suspect"
    retryable = True


class NoVersionInForce(RetentionError):
    """No policy version applies to this customer: nothing may be accepted for it."""

    code = "no_version_in_force"


class NoSuchPolicy(RetentionError):
    """There is no approved policy version to offer."""

    code = "no_such_policy"


class MissingPartition(RetentionError):
    """The day's partition does not exist yet; it is made every minute. Send again."""

    code = "missing_partition"
    retryable = True


class StorageFull(RetentionError):
    """The disk is full: nothing of this request was kept. Send again later."""

    code = "storage_full"
    retryable = True


class Busy(RetentionError):
    """A lock was held for too long: nothing of this request was kept. Send again."""

    code = "busy"
    retryable = True


class UnknownExchange(RetentionError):
    """No exchange of this customer has that id on the days that were searched."""

    code = "unknown_exchange"
    retryable = True


class NoSuchExchange(UnknownExchange):
    """There is no such exchange, and none can come any more: sending again does not help."""

    retryable = False


class ExchangeGone(RetentionError):
    """The exchange was deleted as promised."""

    code = "deleted_as_promised"


class ContentMismatch(RetentionError):
    """The same id, or the same part of it, came before with other content: the first one stays."""

    code = "content_mismatch"


class ExpiredOnArrival(RetentionError):
    """The day of this part has passed its deletion date."""

    code = "expired_on_arrival"


class LedgerRefused(RetentionError):
    """An entry may hold only numbers, dates, identifiers and short codes."""

    code = "ledger_refused"


class CountMismatch(RetentionError):
    """The counts of a cell do not add up: nothing of it is destroyed until somebody has looked."""

    code = "count_mismatch"


class InvalidVersion(RetentionError):
    """A version names a period for each kind, a text and a reason, all within the six months."""

    code = "invalid_version"


class StaleVersion(RetentionError):
    """The version is not in the state that this step begins from: look at it again."""

    code = "stale_version"


class ContentChanged(RetentionError):
    """What is there is not what was looked at, or not what was approved."""

    code = "content_changed"


class SamePerson(RetentionError):
    """A second person approves: never the one who wrote it."""

    code = "same_person"


class TooEarly(RetentionError):
    """The day lies too early: 30 full days of notice come first."""

    code = "too_early"


class AnotherPending(RetentionError):
    """Another version was announced and is still to come: one at a time."""

    code = "another_pending"


class AlreadyInForce(RetentionError):
    """It took effect already: it is neither withdrawn nor voided any more."""

    code = "already_in_force"


class NotGiven(RetentionError):
    """This notice cannot be given: the version binds nobody, or a newer one was told already."""

    code = "not_given"


class StaleStay(RetentionError):
    """The stay was ended before."""

    code = "stale_stay"


class NotATypo(RetentionError):
    """The correction changes a number, a length of time or a promise: that is a new version."""

    code = "not_a_typo"
