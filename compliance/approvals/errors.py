"""Refusals about approvals and deputies."""

from __future__ import annotations

from compliance.errors import ComplianceError


class UnknownKind(ComplianceError):
    """Nothing of this kind is approved here."""

    code = "unknown_approval"


class AskedAlready(ComplianceError):
    """Approval of this was asked for already, and nobody has decided yet."""

    code = "asked_already"


class MayNotDecide(ComplianceError):
    """Only an approver decides, or their deputy on these days; never on what is their own."""

    code = "may_not_decide"


class MayNotTakeBack(ComplianceError):
    """Only whoever asked takes it back."""

    code = "may_not_take_back"


class StaleRequest(ComplianceError):
    """Somebody decided already, or it was taken back."""

    code = "stale_request"


class ChangedSinceAsked(ComplianceError):
    """What is to be approved was changed since it was asked about: it has to be asked anew."""

    code = "changed_since_asked"


class ReasonMissing(ComplianceError):
    """Whoever declines says why: the other person has to know what to change."""

    code = "reason_missing"


class NotAnApprover(ComplianceError):
    """Only an approver has a deputy."""

    code = "not_an_approver"


class UnfitDeputy(ComplianceError):
    """A deputy is somebody else: an officer, approver or support lead, and no auditor."""

    code = "unfit_deputy"


class BadDays(ComplianceError):
    """A deputy is named for days from today on, 92 at most."""

    code = "bad_days"


class MayNotAppoint(ComplianceError):
    """An approver names their own deputy, or an administrator does."""

    code = "may_not_appoint"


class StaleDeputy(ComplianceError):
    """That had ended already."""

    code = "stale_deputy"
