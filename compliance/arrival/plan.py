"""What taking a list in would do: data first, nothing written. A second look finds less to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from uuid import UUID

from compliance.arrival.columns import Person
from compliance.arrival.read import Line, Problem, Reading
from compliance.customers.models import Contact, Customer
from compliance.people.models import User
from compliance.terms.models import Acceptance

CLOSED = (Customer.State.LEAVING, Customer.State.ERASED)


@dataclass(frozen=True, slots=True)
class Intent:
    """What one line asks for that is not there yet. `customer` None: it is to be taken on."""

    line: Line
    customer: Customer | None
    contacts: Sequence[tuple[str, Person]]
    terms: tuple[str, date, str] | None
    owner: User | None

    @property
    def is_empty(self) -> bool:
        """Everything that the line asks for is there."""
        return bool(self.customer) and not (self.contacts or self.terms or self.owner)


@dataclass(frozen=True, slots=True)
class Plan:
    """Of a whole list. `there`: lines that ask for nothing new."""

    todo: Sequence[Intent]
    there: int
    problems: Sequence[Problem]
    notes: Sequence[Problem]

    @property
    def new(self) -> int:
        """Customers to be taken on."""
        return sum(intent.customer is None for intent in self.todo)

    @property
    def added_to(self) -> int:
        """Customers that are there and get what they lack."""
        return len(self.todo) - self.new

    @property
    def refused(self) -> int:
        """Lines of which nothing is taken in."""
        return len({problem.line for problem in self.problems})

    @property
    def contacts(self) -> Counter[str]:
        """Contacts to be added, by role."""
        return Counter(role for intent in self.todo for role, _person in intent.contacts)

    @property
    def acceptances(self) -> int:
        """Acceptances of terms to be recorded."""
        return sum(intent.terms is not None for intent in self.todo)


def plan(reading: Reading, *, today: date) -> Plan:
    """Hold the lines against what is there: six queries, however long the list is."""
    there = _There(reading.lines)
    todo: list[Intent] = []
    problems, notes = list(reading.problems), list[Problem]()
    done = 0
    for line in reading.lines:
        if wrong := list(_wrong(line, there, today)):
            problems += wrong
            continue
        intent = _intent(line, there)
        notes += _notes(line, intent, there)
        if intent.is_empty:
            done += 1
        else:
            todo.append(intent)
    problems.sort(key=lambda problem: problem.line)
    return Plan(todo, done, problems, notes)


class _There:
    """What the database has of the customers that the lines name."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines

    @cached_property
    def customers(self) -> dict[str, Customer]:
        """By reference."""
        wanted = {line.reference for line in self._lines}
        found = Customer.objects.filter(reference__in=wanted).select_related("account_owner")
        return {customer.reference: customer for customer in found.order_by()}

    @cached_property
    def unnumbered(self) -> set[str]:
        """Names of customers that have no reference."""
        named = {line.name for line in self._lines if line.reference not in self.customers}
        found = Customer.objects.filter(reference="", name__in=named).order_by()
        return set(found.values_list("name", flat=True))

    @cached_property
    def owners(self) -> dict[str, User]:
        """Staff by address."""
        wanted = {line.owner for line in self._lines if line.owner}
        found = User.objects.filter(email__in=wanted, is_staff=True, is_active=True)
        return {user.email: user for user in found}

    @cached_property
    def contacts(self) -> dict[tuple[UUID, str, str], bool]:
        """Whether the contact of this customer, role and address is current."""
        found = Contact.objects.filter(customer__in=self._ids).order_by("-ended_at")
        rows = found.values_list("customer_id", "role", "email", "ended_at")
        known: dict[tuple[UUID, str, str], bool] = {}
        for customer, role, email, ended_at in rows:
            known[customer, role, email] = known.get((customer, role, email)) or ended_at is None
        return known

    @cached_property
    def acceptances(self) -> set[tuple[UUID, str, date, str]]:
        """What was accepted."""
        found = Acceptance.objects.filter(customer__in=self._ids).order_by()
        return set(found.values_list("customer_id", "version", "accepted_on", "accepted_by"))

    @cached_property
    def _ids(self) -> list[UUID]:
        return [customer.pk for customer in self.customers.values()]


def _wrong(line: Line, there: _There, today: date) -> Iterator[Problem]:
    """Why the line cannot be taken in as things are."""
    if line.owner and line.owner not in there.owners:
        wrong = f"No staff login has the address {line.owner}."
        do = "Write the address with which the account owner signs in here, or leave it empty."
        yield Problem(line.number, "account_owner", wrong, do)
    if line.terms and line.terms[1] > today:
        wrong = "That day has not come yet."
        yield Problem(line.number, "terms_accepted_on", wrong, "Write the day of the signature.")
    customer = there.customers.get(line.reference)
    if customer is None and line.name in there.unnumbered:
        wrong = f"There is a customer {line.name} without a reference."
        do = f"If it is this one, write {line.reference} on its page; if not, tell the names apart."
        yield Problem(line.number, "name", wrong, do)
    if customer and customer.state in CLOSED:
        wrong = f"This customer is {customer.get_state_display().lower()}."
        yield Problem(line.number, "reference", wrong, "Leave the line out.")


def _intent(line: Line, there: _There) -> Intent:
    customer = there.customers.get(line.reference)
    owner = there.owners.get(line.owner)
    if customer is None:
        return Intent(line, None, line.contacts, line.terms, owner)
    contacts = [
        (role, person)
        for role, person in line.contacts
        if (customer.pk, role, person.email) not in there.contacts
    ]
    terms = line.terms if (customer.pk, *(line.terms or ())) not in there.acceptances else None
    return Intent(line, customer, contacts, terms, None if customer.account_owner_id else owner)


def _notes(line: Line, intent: Intent, there: _There) -> Iterator[Problem]:
    """What is no reason to refuse the line, and should be known all the same."""
    customer = intent.customer
    if customer is None:
        if not any(role == "legal" for role, _person in line.contacts):
            wrong = f"{line.name} has no legal contact."
            do = "Add one: until then no change of the policy can apply to this customer."
            yield Problem(line.number, "legal_contacts", wrong, do)
        return
    for name, have, want in _told(line, customer):
        if name in line.said and have != want:
            wrong = f"It is {have} here, and {want} in the list."
            do = "It was left as it is. Change it on the customer’s page if the list is right."
            yield Problem(line.number, name, wrong, do)
    for role, person in line.contacts:
        if there.contacts.get((customer.pk, role, person.email)) is False:
            wrong = f"{person.email} was a contact and was ended."
            do = "It was not added again. Add it on the customer’s page if it should be."
            yield Problem(line.number, f"{role}_contacts", wrong, do)


def _told(line: Line, customer: Customer) -> Iterator[tuple[str, str, str]]:
    """What the list says of a customer that is there, beside what stands here."""
    yield "name", customer.name, line.name
    yield "notice_days", str(customer.notice_days), str(line.notice_days)
    said = ("no", "yes")
    yield (
        "text_carries_no_code",
        said[customer.text_carries_no_code],
        said[line.text_carries_no_code],
    )
    if customer.account_owner:
        yield "account_owner", customer.account_owner.email, line.owner
