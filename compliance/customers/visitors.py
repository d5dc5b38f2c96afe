"""For which customers somebody may act, asked anew at each request: nothing of it is in a session.

Members sign in with their password, contacts without a login by a code. Staff act for nobody: what
they may see is on their own pages. Whoever is member or contact of several customers chooses one,
and everything that follows begins with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest

from compliance.customers.models import Contact, Customer
from compliance.people import guests
from compliance.people.models import Member, User
from compliance.people.store import STAFF
from retention.actor import Actor

CHOSEN = "customer"
# Who speaks for the customer: its admins, and whom it named for its contracts.
SPEAKS, ADMIN = frozenset({Member.Role.ADMIN, Contact.Role.LEGAL}), Member.Role.ADMIN


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who is there for one customer. `may`: the roles, such as `admin` or `legal`."""

    customer: Customer
    actor: Actor
    email: str
    may: frozenset[str]

    @property
    def speaks(self) -> bool:
        """Acknowledges and objects in the customer's name."""
        return bool(self.may & SPEAKS)

    @property
    def decides(self) -> bool:
        """Chooses how little is kept."""
        return ADMIN in self.may


def is_staff(request: HttpRequest) -> bool:
    """Somebody of ours; what a session was begun as holds until it ends (`people/sessions.py`)."""
    user = request.user
    if not isinstance(user, User):
        return False
    return bool(request.session.get(STAFF)) or user.is_staff or user.is_superuser


def visitors(request: HttpRequest) -> list[Visitor]:
    """One for each customer that this request may be about, by the customers' names."""
    user = request.user
    if is_staff(request):
        return []
    if isinstance(user, User):
        return _together(user.email, Actor("user", user.pk), _memberships(user))
    guest = guests.of(request)
    return _together(guest.email, None, ()) if guest else []


def chosen(request: HttpRequest, found: Sequence[Visitor]) -> Visitor | None:
    """The one that was chosen, or the only one; None when there is a choice to make."""
    if len(found) == 1:
        return found[0]
    wanted = request.session.get(CHOSEN)
    return next((visitor for visitor in found if str(visitor.customer.pk) == wanted), None)


def choose(request: HttpRequest, found: Sequence[Visitor], customer: UUID) -> bool:
    """From here on it is about this customer; False if it is none of theirs."""
    if all(visitor.customer.pk != customer for visitor in found):
        return False
    request.session[CHOSEN] = str(customer)
    return True


def is_contact(email: str) -> bool:
    """Whether anybody has named this address."""
    return _contacts(email).exists()


def _together(email: str, user: Actor | None, members: Iterable[Member]) -> list[Visitor]:
    """Rights as a member and as a contact of the same customer add up."""
    roles: dict[Customer, set[str]] = {}
    actors: dict[Customer, Actor] = {}
    for member in members:
        roles.setdefault(member.customer, set()).add(member.role)
    for contact in _contacts(email):
        roles.setdefault(contact.customer, set()).add(contact.role)
        actors.setdefault(contact.customer, Actor("contact", contact.pk))
    everybody = [
        Visitor(customer, user or actors[customer], email, frozenset(may))
        for customer, may in roles.items()
    ]
    return sorted(everybody, key=lambda visitor: (visitor.customer.name, visitor.customer.pk))


def _memberships(user: User) -> Iterable[Member]:
    found = Member.objects.filter(user=user).select_related("customer")
    return found.exclude(customer__state=Customer.State.ERASED)


def _contacts(email: str) -> QuerySet[Contact]:
    """The legal ones first: as these they act."""
    found = Contact.objects.filter(email=email, ended_at=None).select_related("customer")
    return found.exclude(customer__state=Customer.State.ERASED).order_by("role", "created_at")
