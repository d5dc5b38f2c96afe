"""The words of what a customer is told about flags, and who gets them.

Counts, days and names of vendors, never content. To the people for security and technical matters;
where there are none, to the legal ones.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string

from compliance.customers.models import Contact, Customer
from compliance.findings.kinds import Kind, kind_of
from compliance.findings.models import FindingTouch

Role = Contact.Role


@dataclass(frozen=True, slots=True)
class Line:
    """One finding as its customer sees it: what it was not told of yet."""

    where: str
    items: int
    days: str


@dataclass(frozen=True, slots=True)
class Section:
    """The findings of one kind."""

    kind: Kind
    lines: Sequence[Line]

    @property
    def items(self) -> int:
        """Of all of them."""
        return sum(line.items for line in self.lines)


def sections(touches: Iterable[FindingTouch]) -> list[Section]:
    """By kind, the most flags first."""
    by_kind: dict[str, list[Line]] = defaultdict(list)
    for touch in touches:
        first = touch.untold_on or touch.first_on
        where = place(touch.finding.subprocessor, touch.finding.account, touch.finding.endpoint)
        line = Line(where, touch.items - touch.told, days(first, touch.last_on))
        by_kind[touch.finding.kind].append(line)
    found = [
        Section(kind_of(kind), sorted(lines, key=lambda line: -line.items))
        for kind, lines in by_kind.items()
    ]
    return sorted(found, key=lambda section: -section.items)


def subject(customer: Customer) -> str:
    """Short, and the same for every letter."""
    return f"AI calls of {customer.name} were flagged: what to change"[:200]


def text(customer: Customer, touches: Sequence[FindingTouch]) -> str:
    """The whole mail, word for word."""
    found = sections(touches)
    words = {
        "customer": customer,
        "sections": found,
        "items": sum(section.items for section in found),
        "public_url": settings.PUBLIC_URL,
    }
    return render_to_string("mail/finding.txt", words)


def addresses(customers: Iterable[UUID]) -> Mapping[UUID, list[str]]:
    """To whom each of them is written: one mail, every address once."""
    by_role: dict[UUID, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    current = Contact.objects.filter(customer__in=customers, ended_at=None)
    for customer, role, email in current.values_list("customer", "role", "email"):
        by_role[customer][role].append(email)
    return {customer: _to(roles) for customer, roles in by_role.items()}


def _to(roles: Mapping[str, Sequence[str]]) -> list[str]:
    asked = [*roles.get(Role.SECURITY, ()), *roles.get(Role.TECHNICAL, ())]
    return sorted(set(asked or roles.get(Role.LEGAL, ())))


def place(subprocessor: str, account: str, endpoint: str) -> str:
    """Vendor, account and endpoint in a line; what was not sent is left out."""
    named = (("", subprocessor), ("account ", account), ("endpoint ", endpoint))
    return ", ".join(f"{word}{name}" for word, name in named if name)


def days(first: date, last: date) -> str:
    """`22 Nov 2026`, or from one day to another."""
    return _day(first) if first == last else f"{_day(first)} to {_day(last)}"


def _day(value: date) -> str:
    return f"{value.day} {value:%b %Y}"
