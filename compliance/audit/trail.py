"""Everything that was done, as one list: acts of the log, and field changes made in forms.

Acts stand in the activity log, written by the verbs themselves; field changes are heard from the
models. Neither replaces the other, so whoever asks what happened to a customer or to a policy
version gets both, the newest first. A page begins behind a place, not at a number: it costs the
same at the millionth item as at the first.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import orjson
from django.db import connection

from compliance.customers.models import ApiKey, Contact
from compliance.people.models import Member
from retention.ledger.append import KINDS
from retention.ledger.models import Subject
from retention.policies.models import PolicyVersion

ACT, CHANGE = 0, 1
NO_ID: Final = 2**63 - 1
EVER, NEVER = datetime(1970, 1, 1, tzinfo=UTC), datetime(9999, 12, 31, tzinfo=UTC)
# As the package that hears the changes numbers them.
DONE: Final = ("added", "changed", "removed", "looked at")
# Whose field changes are heard (`registry.py`), by the model's name in lower case.
CHANGED: Final[Mapping[str, str]] = {
    "customer": "customer",
    "contact": "contact",
    "apikey": "API key",
    "member": "customer's user",
    "user": "login",
}
MICROSECOND = timedelta(microseconds=1)
CHUNK = 5_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page begins: behind this item."""

    at: datetime
    source: int
    id: int

    def __str__(self) -> str:
        return f"{(self.at - EVER) // MICROSECOND}-{self.source}-{self.id}"

    @classmethod
    def read(cls, text: str) -> Place | None:
        """The place as it was written, or None."""
        try:
            at, source, number = text.split("-")
            return cls(EVER + int(at) * MICROSECOND, int(source), int(number))
        except (ValueError, OverflowError):
            return None


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked for. `kind`: an act, or `change:<model>`; `person`: a login's id."""

    first: date | None = None
    last: date | None = None
    kind: str = ""
    person: UUID | None = None
    customer: UUID | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Item:
    """One act or one change. `facts`: of an act; of a change each field with before and after."""

    at: datetime
    source: int
    id: int
    kind: str
    what: int
    facts: Mapping[str, Any]
    signed_at: datetime | None
    customer_id: UUID | None
    customer_name: str | None
    actor: str
    actor_id: UUID | None
    email: str | None
    about: str

    @property
    def place(self) -> Place:
        """Behind it the next page begins."""
        return Place(self.at, self.source, self.id)

    @property
    def told(self) -> str:
        """In a sentence."""
        if self.source == ACT:
            return KINDS.get(self.kind, self.kind)
        model = self.kind.partition(":")[2]
        return f"{CHANGED.get(model, model)} {DONE[self.what]}: {self.about}"

    @property
    def who(self) -> str:
        """A person's address, a key, or the service itself."""
        if self.actor == "key":
            return "an API key"
        return self.email or ("the service" if self.actor == "system" else "somebody unknown")

    @property
    def details(self) -> Mapping[str, Any]:
        """The facts without those that have a place of their own."""
        hidden = ("actor", "actor_id") if self.source == ACT else ()
        return {name: value for name, value in self.facts.items() if name not in hidden}


def page(asked: Asked, *, behind: Place | None = None, limit: int = 50) -> list[Item]:
    """So many items, the newest first. One statement, five for a customer's."""
    return _page(asked, _about(asked), behind, limit)


def everything(asked: Asked) -> Iterator[Item]:
    """All of it, chunk by chunk: no long transaction, and no more memory than one of them."""
    about = _about(asked)
    behind: Place | None = None
    while True:
        items = _page(asked, about, behind, CHUNK)
        yield from items
        if len(items) < CHUNK:
            return
        behind = items[-1].place


@dataclass(frozen=True, slots=True)
class _About:
    """Whose acts, and which objects' changes; None: everybody's."""

    subject: UUID | None = None
    objects: Sequence[str] | None = None


def _about(asked: Asked) -> _About:
    found = _About()
    if asked.customer:
        known = Subject.objects.filter(customer_id=asked.customer)
        # Nobody's pseudonym, if it has none: no act is about it then.
        subject = known.values_list("pseudonym", flat=True).first() or UUID(int=0)
        found = _About(subject, _objects_of(asked.customer))
    if asked.version is not None:
        versions = PolicyVersion.objects.filter(number=asked.version)
        objects = [str(pk) for pk in versions.values_list("pk", flat=True)]
        found = replace(found, objects=objects)
    return found


def _objects_of(customer: UUID) -> list[str]:
    """The customer and what belongs to it, as the list of field changes names them."""
    ids = [str(customer)]
    for model in (Contact, ApiKey, Member):
        rows = model._default_manager.filter(customer=customer).order_by()
        ids += map(str, rows.values_list("pk", flat=True))
    return ids


def _page(asked: Asked, about: _About, behind: Place | None, limit: int) -> list[Item]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(), _parameters(asked, about, behind, limit))
        return [_item(*row) for row in cursor.fetchall()]


def _item(
    at: datetime, source: int, number: int, kind: str, what: int, facts: str, *more: Any
) -> Item:
    """Django leaves JSON as text where no model reads it."""
    return Item(at, source, number, kind, what, orjson.loads(facts or "{}"), *more)


def _parameters(asked: Asked, about: _About, behind: Place | None, limit: int) -> dict[str, Any]:
    place = behind or Place(_until(asked), CHANGE + 1, 0)
    model = asked.kind.partition(":")[2] if asked.kind.startswith("change:") else None
    of_version = asked.version is not None
    return {
        "acts": model is None,
        "changes": (model is not None or not asked.kind)
        # Only models with an id of their own kind: a version's number is nobody's id.
        and not (of_version and not _hears("policyversion")),
        "at": place.at,
        "act": _before(place, ACT),
        "change": _before(place, CHANGE),
        "first": _midnight(asked.first) if asked.first else EVER,
        "subject": about.subject,
        "objects": list(about.objects) if about.objects is not None else None,
        "kind": asked.kind if asked.kind and model is None else None,
        "model": "policyversion" if of_version and model is None else model,
        "actor": str(asked.person) if asked.person else None,
        "version": str(asked.version) if of_version else None,
        "limit": limit,
    }


def _before(place: Place, source: int) -> int:
    """Of items at that very moment: those of the source with a smaller id come behind the place."""
    if place.source == source:
        return place.id
    return NO_ID if source < place.source else -1


def _until(asked: Asked) -> datetime:
    return _midnight(asked.last + timedelta(days=1)) if asked.last else NEVER


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _hears(model: str) -> bool:
    from auditlog.registry import auditlog

    return any(heard._meta.model_name == model for heard in auditlog.get_models())


@cache
def _statement() -> str:
    return (Path(__file__).parent / "sql" / "trail.sql").read_text()
