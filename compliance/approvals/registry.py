"""What can be asked approval for: each surface registers its kinds when it is loaded.

    register(Kind("policy_version", "Policy version", describe=…, approve=…, author=…))

A kind's functions get the subject's id as text. `approve` is called inside the transaction in which
the decision is written: what it refuses, nobody has approved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist

from compliance.approvals.errors import UnknownKind
from retention.actor import Actor
from retention.errors import RetentionError

LONGEST_CODE = 40


class Approve(Protocol):
    """The verb that a decision calls."""

    def __call__(self, subject: str, *, by: Actor, now: datetime) -> object:
        """Do what was approved; raises what its slice refuses with."""


class InShort(Protocol):
    """What a yes would mean."""

    def __call__(self, subject: str, *, now: datetime) -> Sequence[str]:
        """A few lines; raises what `describe` raises."""


@dataclass(frozen=True, slots=True)
class Described:
    """A subject in words, and the page on which it can be read."""

    title: str
    url: str = ""


def nobody(subject: str) -> UUID | None:
    """No person made it."""
    return None


def always_the_same(subject: str) -> str:
    """It cannot change while somebody decides."""
    return ""


def in_no_words(subject: str, *, now: datetime) -> Sequence[str]:
    """Its page says all there is to say."""
    return ()


@dataclass(frozen=True, slots=True)
class Kind:
    """`author`: the login that made the subject, who may not decide. `fingerprint`: what it is like
    now, in 64 characters at most; approval is for what it was like when it was asked. `in_short`:
    what a yes would mean, in a few lines that whoever decides reads before the buttons.
    """

    code: str
    label: str
    describe: Callable[[str], Described]
    approve: Approve
    author: Callable[[str], UUID | None] = nobody
    fingerprint: Callable[[str], str] = always_the_same
    in_short: InShort = in_no_words


KINDS: dict[str, Kind] = {}


def register(kind: Kind) -> None:
    """Make it known; registered again it replaces itself."""
    KINDS[kind.code] = kind


def kind_of(code: str) -> Kind:
    """Raises `UnknownKind`."""
    if code not in KINDS:
        raise UnknownKind
    return KINDS[code]


def described(code: str, subject: str) -> Described:
    """In words, also where the kind is not known any more or the subject is gone."""
    kind = KINDS.get(code)
    if kind is None:
        return Described(f"{code} {subject}")
    try:
        return kind.describe(subject)
    except (LookupError, ObjectDoesNotExist):
        return Described(f"{kind.label} {subject}")


def in_short(code: str, subject: str, *, now: datetime) -> Sequence[str]:
    """What a yes would mean; nothing where the kind or the subject is not known any more."""
    kind = KINDS.get(code)
    try:
        return kind.in_short(subject, now=now) if kind else ()
    except (LookupError, ObjectDoesNotExist, RetentionError):
        return ()
