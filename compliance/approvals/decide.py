"""Ask, approve, decline, take back: each once, by the right person, with its entry in the log."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from compliance.approvals.deciders import Deciders
from compliance.approvals.errors import (
    AskedAlready,
    ChangedSinceAsked,
    MayNotDecide,
    MayNotTakeBack,
    ReasonMissing,
    StaleRequest,
)
from compliance.approvals.models import ApprovalMail, ApprovalRequest
from compliance.approvals.registry import kind_of
from retention.actor import Actor
from retention.ledger.append import append

Decision = ApprovalRequest.Decision


def ask(kind: str, subject: object, *, by: Actor, now: datetime) -> ApprovalRequest:
    """Ask for the approval of a second person; those who may decide are mailed within a minute.

    Raises `UnknownKind`, `AskedAlready`, and `MayNotDecide` for anybody but a person.
    """
    known, identifier = kind_of(kind), str(subject)
    asker = _person(by)
    request = ApprovalRequest(
        kind=kind,
        subject=identifier,
        fingerprint=known.fingerprint(identifier),
        author_id=known.author(identifier),
        asked_by_id=asker,
        asked_at=now,
    )
    try:
        with transaction.atomic():
            request.save(force_insert=True)
            _note("approval:request:asked", request, by=by, now=now)
    except IntegrityError as error:
        if "approval_one_open" in str(error):
            raise AskedAlready from None
        raise
    return request


@transaction.atomic
def approve(request: ApprovalRequest, *, note: str = "", by: Actor, now: datetime) -> None:
    """Approve it, and do at once what was approved, in the same transaction.

    Raises `MayNotDecide`, `StaleRequest`, `ChangedSinceAsked`, and whatever the verb of its kind
    refuses with; then nothing was decided.
    """
    kind = kind_of(request.kind)
    _decide(request, Decision.APPROVED, note=note, by=by, now=now)
    if kind.fingerprint(request.subject) != request.fingerprint:
        raise ChangedSinceAsked
    kind.approve(request.subject, by=by, now=now)
    _note("approval:request:approved", request, by=by, now=now)


@transaction.atomic
def decline(request: ApprovalRequest, *, note: str, by: Actor, now: datetime) -> None:
    """Say no, and why.

    Raises `ReasonMissing`, `MayNotDecide` and `StaleRequest`.
    """
    if not note.strip():
        raise ReasonMissing
    _decide(request, Decision.DECLINED, note=note, by=by, now=now)
    _note("approval:request:declined", request, by=by, now=now)


@transaction.atomic
def take_back(request: ApprovalRequest, *, by: Actor, now: datetime) -> None:
    """Ask no more. Raises `MayNotTakeBack` for anybody but who asked, and `StaleRequest`."""
    if by.kind != "user" or by.id != request.asked_by_id:
        raise MayNotTakeBack
    _close(request, Decision.TAKEN_BACK, {"decided_by_id": by.id, "decided_at": now})
    _note("approval:request:taken_back", request, by=by, now=now)


def _decide(
    request: ApprovalRequest, decision: Decision, *, note: str, by: Actor, now: datetime
) -> None:
    person, deciders = _person(by), Deciders(now.date())
    if not deciders.may(person, request):
        raise MayNotDecide
    approver = deciders.in_place_of(person, request)
    values = {
        "decided_by_id": person,
        "in_place_of_id": approver.pk if approver else None,
        "decided_at": now,
        "note": note.strip(),
    }
    _close(request, decision, values)


def _close(request: ApprovalRequest, decision: Decision, values: Mapping[str, object]) -> None:
    """The one guarded step from open to decided. Mails that still ask are dropped."""
    still = ApprovalRequest.objects.filter(pk=request.pk, decision="")
    if still.update(decision=decision.value, **values) != 1:
        raise StaleRequest
    waiting = ApprovalMail.objects.filter(request=request, state=ApprovalMail.State.WAITING)
    waiting.update(state=ApprovalMail.State.DROPPED)
    request.refresh_from_db()


def _person(by: Actor) -> UUID:
    if by.kind != "user" or by.id is None:
        raise MayNotDecide
    return by.id


def _note(kind: str, request: ApprovalRequest, *, by: Actor, now: datetime) -> None:
    facts = {
        "actor": by.kind,
        "actor_id": by.id,
        "request": request.pk,
        "about": request.kind,
        "in_place_of": request.in_place_of_id,
    }
    append(kind, now=now, facts=facts)
