"""A typo is corrected without a new version: it must prove that nothing but words changed.

The periods of a version cannot change at all (trigger). The text may, if every number, every length
of time and every word that turns a promise around stands where it stood, and if little else moves.
"""

from __future__ import annotations

import re
from datetime import datetime
from difflib import SequenceMatcher

from django.db import transaction

from retention.actor import Actor
from retention.errors import NotATypo, SamePerson, StaleVersion
from retention.ledger.append import append
from retention.policies import content
from retention.policies.models import PolicyVersion, Revision

NUMBERS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    *("nineteen", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
    *("hundred", "thousand", "half", "quarter", "once", "twice", "first", "second", "third"),
)
LENGTHS = ("second", "minute", "hour", "day", "week", "fortnight", "month", "year", "decade")
# Words that turn a promise around, or change whom or what it is about.
TURNS = (
    *("not", "no", "never", "none", "nobody", "nothing", "without", "except", "unless", "only"),
    *("least", "most", "earliest", "latest", "before", "after", "until", "may", "must", "can"),
    *("cannot", "will", "all", "any", "every", "each", "some", "always", "immediately", "forever"),
    *("ever", "more", "less", "longer", "shorter", "working", "business", "calendar"),
    *("prompt", "response", "snippet", "feedback", "evaluation", "code", "file", "line"),
    *("hold", "delete", "deleted", "keep", "kept", "store", "stored", "share", "shared", "train"),
)
GUARDED = frozenset({*NUMBERS, *LENGTHS, *TURNS})
WORD = re.compile(r"\d+(?:[.,]\d+)*%?|[^\W\d_]+(?:['’][^\W\d_]+)?")
MOST_WORDS = 20


@transaction.atomic
def propose(
    version: PolicyVersion, *, text: str, reason: str, by: Actor, now: datetime
) -> Revision:
    """Another text for an approved version.

    Raises `NotATypo` when it says something else, `StaleVersion` when the version is a draft or was
    withdrawn, `SamePerson` when nobody proposes it.
    """
    locked = _locked(version)
    if by.id is None:
        raise SamePerson
    if not reason.strip() or not is_typo(current_text(locked), text):
        raise NotATypo
    revision = Revision.objects.create(
        version=locked, text=text, reason=reason, proposed_by=by.id, proposed_at=now
    )
    _log("proposed", revision, by, now)
    return revision


@transaction.atomic
def approve(revision: Revision, *, by: Actor, now: datetime) -> Revision:
    """A second person says yes: from here on the version shows this text.

    Raises `SamePerson`, `StaleVersion` when it was approved before, and `NotATypo` when another
    correction came between.
    """
    version = _locked(revision.version)
    locked = Revision.objects.select_for_update().filter(pk=revision.pk, approved_by=None).first()
    if locked is None:
        raise StaleVersion
    if by.id is None or by.id == locked.proposed_by:
        raise SamePerson
    content.check(version)
    if not is_typo(current_text(version), locked.text):
        raise NotATypo
    Revision.objects.filter(pk=locked.pk).update(approved_by=by.id, approved_at=now)
    locked.refresh_from_db()
    _log("approved", locked, by, now)
    return locked


def current_text(version: PolicyVersion) -> str:
    """As it is shown: the last correction that was approved, else as it was approved."""
    last = version.revisions.exclude(approved_by=None).order_by("-approved_at", "-id").first()
    return last.text if last else version.text


def is_typo(before: str, after: str) -> bool:
    """True if the texts promise the same: equal numbers, lengths and turns, few other words."""
    old, new = _words(before), _words(after)
    if not new or [w for w in old if _guarded(w)] != [w for w in new if _guarded(w)]:
        return False
    if before == after:
        return False
    changes = SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
    moved = sum(max(i2 - i1, j2 - j1) for tag, i1, i2, j1, j2 in changes if tag != "equal")
    return moved <= min(MOST_WORDS, max(1, len(old) // 10))


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def _guarded(word: str) -> bool:
    return word[0].isdigit() or word in GUARDED or word.removesuffix("s") in GUARDED


def _locked(version: PolicyVersion) -> PolicyVersion:
    settled = (PolicyVersion.State.APPROVED, PolicyVersion.State.ANNOUNCED)
    found = PolicyVersion.objects.select_for_update().filter(pk=version.pk, state__in=settled)
    if (locked := found.first()) is None:
        raise StaleVersion
    return locked


def _log(what: str, revision: Revision, by: Actor, now: datetime) -> None:
    facts = {"version": revision.version.number, "revision": revision.pk}
    append(f"policy:revision:{what}", now=now, facts={**facts, "actor": by.kind, "actor_id": by.id})
