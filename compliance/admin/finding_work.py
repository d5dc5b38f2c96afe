"""A form about findings becomes a verb; what was done is said in a sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest

from compliance.admin.finding_question import Work, workers
from compliance.findings import tell, work
from compliance.findings.errors import FindingRefused
from compliance.findings.tell import Plan
from compliance.people.acting import acting
from retention import clock

# What each action says that it did, and what is said of those that it did not apply to.
DONE: Mapping[str, tuple[str, str]] = {
    "explain": ("explained", "decided already"),
    "fix": ("noted as fixed", "decided already"),
    "accept": ("accepted", "decided already"),
    "assign": ("given to {}", "theirs already"),
    "reopen": ("open again", "open already"),
}


def may_work(request: HttpRequest) -> bool:
    """Auditors and support read."""
    return request.user.has_perm("compliance.change_finding")


def offered(request: HttpRequest, form: Work) -> dict[str, Any]:
    """The form with whom findings can be given to, the one who looks first."""
    if not may_work(request):
        return {"form": form, "may_work": False}
    people = [(str(one.pk), one.email) for one in workers()]
    me = str(request.user.pk)
    people.sort(key=lambda person: (person[0] != me, person[1]))
    named = [(pk, f"{email} (me)" if pk == me else email) for pk, email in people]
    return {"form": form, "may_work": True, "owners": named}


def do(request: HttpRequest, form: Work, chosen: list[UUID]) -> bool:
    """Do it, and say what was done; False with the reason in the form."""
    asked = form.cleaned_data
    try:
        number = _verbs(asked)[asked["action"]](chosen, by=acting(request), now=clock.now())
    except FindingRefused as refused:
        form.add_error(None, str(refused))
        return False
    done, before = DONE[asked["action"]]
    words = f"{_findings(number)} {done.format(asked.get('owner'))}."
    if rest := len(chosen) - number:
        words += f" {rest:,} {'was' if rest == 1 else 'were'} {before}."
    messages.success(request, words)
    return True


def _verbs(asked: Mapping[str, Any]) -> Mapping[str, Callable[..., int]]:
    note, until, owner = asked["note"], asked["until"], asked["owner"]
    return {
        "explain": lambda chosen, **who: work.explain(chosen, note, **who),
        "fix": lambda chosen, **who: work.fix(chosen, note, **who),
        "accept": lambda chosen, **who: work.accept(chosen, note, until=until, **who),
        "assign": lambda chosen, **who: work.assign(chosen, owner, **who),
        "reopen": work.reopen,
    }


def tell_customers(request: HttpRequest, chosen: list[UUID]) -> Plan:
    """Write the letters, and say how many."""
    told = tell.tell(chosen, by=acting(request), now=clock.now())
    number = len(told.drafts)
    if number:
        letters = f"{number:,} letter{'' if number == 1 else 's'} written"
        messages.success(request, f"{letters}; the mails go out within a few minutes.")
    else:
        messages.warning(request, "No letter was written: there is nothing new to tell.")
    return told


def _findings(number: int) -> str:
    return f"{number:,} finding{'' if number == 1 else 's'}"
