"""What a customer says to a notice: it has read it, or it does not agree.

An objection opens a stay: until it is decided, whichever of both policies keeps less applies.
"""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction

from compliance.customers import lifecycle
from compliance.notices.errors import AlreadyObjected, BadOutcome, NeedsAPerson, StaleObjection
from compliance.notices.give import locked
from compliance.notices.models import Notice, Objection
from compliance.notices.person import maker, person
from compliance.notices.reach import open_change
from retention.actor import Actor
from retention.expiry import profiles
from retention.ledger.append import Fact, append
from retention.policies import stays
from retention.policies.rules import Profile

Outcome = Objection.Outcome


@transaction.atomic
def acknowledge(notice: Notice, *, by: Actor, now: datetime) -> bool:
    """It was read; the first who says so stands, and False says that somebody did before."""
    standing = locked(notice.pk)
    if standing.acknowledged_at:
        return False
    Notice.objects.filter(pk=notice.pk).update(acknowledged_at=now, acknowledged_by=maker(by))
    _note("notice:customer:acknowledged", standing, by, now)
    return True


@transaction.atomic
def object_to(notice: Notice, *, by: Actor, text: str, now: datetime) -> Objection:
    """The customer does not agree.

    From its day on what was kept by the change may go by it at once, where the older version keeps
    less: that is a person's word, never a key's. Raises `NotAChange`, `NoticeClosed`,
    `AlreadyObjected`, `NeedsAPerson`.
    """
    standing = open_change(notice)
    if by.kind == "key" and _is_in_force(standing, now.date()):
        raise NeedsAPerson
    if standing.objections.filter(decided_at=None).exists():
        raise AlreadyObjected
    version = standing.announcement.version
    stay = stays.open_stay(standing.customer_id, version, by=by, now=now)
    if stay and Objection.objects.filter(stay=stay).exists():
        # It stands already, for a customer who leaves: that one goes on whatever becomes of this.
        stay = None
    objection = Objection.objects.create(
        notice=standing, made_by=maker(by), made_at=now, text=text.strip(), stay=stay
    )
    _note("notice:objection:made", standing, by, now, objection=objection.pk)
    return objection


@transaction.atomic
def decide(
    objection: Objection,
    *,
    outcome: str,
    until: date | None = None,
    note: str,
    by: Actor,
    now: datetime,
) -> None:
    """How it ends. Raises `BadOutcome`, `StaleObjection`, `NeedsAPerson`.

    `accepted`: the change applies. `exception`: the stay goes on to that day. `stricter`: the
    customer keeps as little as possible from now on. `leaves`: it leaves, and the stay goes on.
    """
    officer = person(by)
    _check(outcome, until, now)
    standing = locked(objection.notice_id)
    open_one = Objection.objects.filter(pk=objection.pk, decided_at=None)
    if not open_one.update(
        outcome=outcome, until=until, note=note.strip(), decided_by=officer, decided_at=now
    ):
        raise StaleObjection
    _follow(objection, standing, outcome, until, by=by, now=now)
    facts: dict[str, Fact] = {"objection": objection.pk, "outcome": outcome, "until": until}
    _note("notice:objection:decided", standing, by, now, **facts)
    objection.refresh_from_db()


def _is_in_force(notice: Notice, today: date) -> bool:
    return notice.activation is not None and notice.activation.effective_on <= today


def _check(outcome: str, until: date | None, now: datetime) -> None:
    if outcome not in Outcome.values or (outcome == Outcome.EXCEPTION) != (until is not None):
        raise BadOutcome
    if until is not None and until < now.date():
        raise BadOutcome


def _follow(
    objection: Objection,
    notice: Notice,
    outcome: str,
    until: date | None,
    *,
    by: Actor,
    now: datetime,
) -> None:
    if outcome == Outcome.STRICTER:
        profiles.choose(notice.customer_id, Profile.MINIMAL, by=by, now=now)
    if outcome == Outcome.LEAVES:
        lifecycle.leave(notice.customer, by=by, now=now)
    elif objection.stay:
        stays.end_stay(objection.stay, last_day=until or now.date(), by=by, now=now)


def _note(kind: str, notice: Notice, by: Actor, now: datetime, **more: Fact) -> None:
    facts: dict[str, Fact] = {
        "notice": notice.pk,
        "version": notice.announcement.version.number,
        "actor": by.kind,
        "actor_id": by.id,
        **more,
    }
    append(kind, now=now, customer=notice.customer_id, facts=facts)
