"""Refusals about people: roles and second factors."""

from __future__ import annotations

from compliance.errors import ComplianceError


class NotOneself(ComplianceError):
    """Nobody gives themselves a role or takes their own second factor away: ask another
    administrator."""

    code = "not_oneself"


class RolesDoNotGoTogether(ComplianceError):
    """Who gives out logins neither writes nor approves policy, and an auditor has no other role."""

    code = "roles_do_not_go_together"


class SwitchedOff(ComplianceError):
    """This login is switched off: it gets no roles."""

    code = "switched_off"


class NoSecondFactor(ComplianceError):
    """This login has no second factor: there is nothing to take away."""

    code = "no_second_factor"
