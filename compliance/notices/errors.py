"""What can be refused about announcements, notices, objections and the addresses they need."""

from __future__ import annotations

from compliance.errors import ComplianceError


class ReplyNotConfirmed(ComplianceError):
    """Nobody has shown in the last 30 days that mail to this address is read. Test it first."""

    code = "reply_not_confirmed"


class WrongCode(ComplianceError):
    """This is not the code that was mailed, or it is too old, or it was tried too often."""

    code = "wrong_code"


class NeedsAPerson(ComplianceError):
    """This is done by a person, never by a key or by the system."""

    code = "needs_a_person"


class NoticeClosed(ComplianceError):
    """This notice was overtaken by a newer announcement, or its change was withdrawn."""

    code = "notice_closed"


class NotAChange(ComplianceError):
    """This notice tells of a withdrawal: there is nothing to be reached for or to object to."""

    code = "not_a_change"


class NoEvidence(ComplianceError):
    """Say who was spoken to, when, and what proves it."""

    code = "no_evidence"


class UnknownWay(ComplianceError):
    """A customer is reached in person by phone or by letter."""

    code = "unknown_way"


class StaleDelivery(ComplianceError):
    """This mail waits, or somebody knows what became of it: it is not sent again."""

    code = "stale_delivery"


class AlreadyObjected(ComplianceError):
    """There is an objection to this notice that is not decided yet."""

    code = "already_objected"


class StaleObjection(ComplianceError):
    """This objection was decided before."""

    code = "stale_objection"


class BadOutcome(ComplianceError):
    """An exception needs a last day from today on; the other outcomes have none."""

    code = "bad_outcome"


class NotOurReturnPath(ComplianceError):
    """This returned mail carries no address of ours, or one that was not made here."""

    code = "not_our_return_path"
