"""What the page says when no AI call has the id: what is known of the day, and what it may be.

What is deleted leaves no id behind, so nothing here says of one call that it is deleted, nor that
it never came: only what is so of a customer and a day, and what would explain it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Model
from django.urls import reverse

from compliance.admin import words
from compliance.admin.readonly import as_uuid
from compliance.customers.models import Customer
from retention import clock
from retention.expiry.models import DeletionRecord
from retention.policies.rules import ceiling
from retention.records import trace
from retention.records.models import Cell

NONE_KEPT = "No AI call with this id is kept."
MISTYPED = "The id is mistyped. Capitals count, too."
MISTYPED_OR_DAY = "The id or the day is mistyped. Capitals count, too."
OTHER_CUSTOMER = "It is another customer’s."
NOT_HERE = "It has not arrived here."
DELETED = "It is deleted: what is deleted leaves no id behind."
DELETED_EARLY = (
    "It is deleted, on request or because what was stored of it is kept for less time: what is "
    "deleted leaves no id behind."
)
OTHER_DAYS = "The other days were searched, too."
AN_ITEM = "It is the id of an item that is removed: look for the id of its AI call."


@dataclass(frozen=True, slots=True)
class Deleted:
    """A day group that is gone, and what was in it."""

    kind: str
    items: int
    not_given_out_since: str
    keys_destroyed: str
    deletion: UUID | None


@dataclass(frozen=True, slots=True)
class Missing:
    """Why there is no call, what that may mean, and where to look next.

    `ask_for`: the field of the form that would tell more, with the words that lead to it.
    """

    title: str
    text: str = ""
    may_be: Sequence[str] = ()
    deleted: Sequence[Deleted] = ()
    ask_for: tuple[str, str] | None = None
    link: tuple[str, str] | None = None


def of_nobody_named(customer: UUID) -> Missing:
    """There is such a call, and it is not this customer's. Whose it is, is not said."""
    return Missing(
        f"This is not an AI call of {_name(customer)}.",
        "The id is one of ours, and belongs to nothing of this customer.",
        ("The customer is another one.", MISTYPED),
    )


def of_another_kind(identifier: str, customer: UUID | None) -> Missing | None:
    """The id of a day group or of a deletion record, which have pages of their own."""
    if not (key := as_uuid(identifier)):
        return None
    kinds: list[tuple[type[Model], str, str]] = [
        (Cell, "day group", "retention_cell"),
        (DeletionRecord, "deletion record", "retention_deletionrecord"),
    ]
    for model, kind, page in kinds:
        owner = model._default_manager.filter(pk=key).values_list("customer_id", flat=True).first()
        if owner and customer in (None, owner):
            url = reverse(f"admin:{page}_change", args=[key])
            title = f"This is the id of a {kind}, not of an AI call."
            return Missing(title, link=(f"To that {kind}", url))
        if owner and customer:
            return of_nobody_named(customer)
    return None


def nothing(customer: UUID | None, day: date | None) -> Missing:
    """Nothing has this id now; what is known of the day is said. One of both is known."""
    if day and day > clock.today():
        text = f"{words.day(day)} is still to come."
        return Missing(NONE_KEPT, text, (MISTYPED_OR_DAY,))
    if customer and day:
        return _of_customer_on(customer, day)
    return _of_customer(customer) if customer else _on(day or clock.today())


def _of_customer(customer: UUID) -> Missing:
    name = _name(customer)
    return Missing(
        NONE_KEPT,
        f"Searched: every day of which something of {name} is kept.",
        (MISTYPED, OTHER_CUSTOMER, DELETED, NOT_HERE),
        ask_for=("day", "Say the day of the AI call to see what became of that day"),
        link=_deletion_records(f"Deletion records of {name}", customer=customer),
    )


def _on(day: date) -> Missing:
    end, link = ceiling(day), _deletion_records("Deletion records of that day", day=day)
    whose = ("customer", "Say whose AI call it was to see what became of that day")
    if end <= clock.today():
        title = f"Nothing counted from {words.day(day)} is kept."
        text = (
            f"That is the day in the id. At the latest since {words.deletion_date(end)} nothing of "
            "it is given out. If the id is right, the AI call was deleted with that day."
        )
        return Missing(title, text, (MISTYPED,), ask_for=whose, link=link)
    text = f"The day in the id is {words.day(day)}."
    return Missing(NONE_KEPT, text, (MISTYPED, AN_ITEM, DELETED_EARLY), ask_for=whose, link=link)


def _of_customer_on(customer: UUID, day: date) -> Missing:
    name, cells = _name(customer), trace.cells_of([customer], [day])[customer, day]
    of_day = _deletion_records("Deletion records of that day", customer=customer, day=day)
    link = _deletion_records(f"Deletion records of {name}", customer=customer)
    if not cells:
        text = f"Nothing counted from {words.day(day)} is known of {name}. {OTHER_DAYS}"
        return Missing(NONE_KEPT, text, (MISTYPED_OR_DAY, OTHER_CUSTOMER, NOT_HERE), link=link)
    if not all(cell.shredded_at for cell in cells):
        text = f"Other items of {name} counted from {words.day(day)} are kept, none with this id."
        text, gone = f"{text} {OTHER_DAYS}", any(cell.deletion_id for cell in cells)
        may_be = (MISTYPED_OR_DAY, AN_ITEM, OTHER_CUSTOMER, DELETED_EARLY, NOT_HERE)
        return Missing(NONE_KEPT, text, may_be, link=of_day if gone else link)
    return Missing(
        f"{NONE_KEPT} Everything of {name} counted from {words.day(day)} is deleted.",
        "If id and day are right, the AI call was deleted with that day. This was deleted:",
        (MISTYPED_OR_DAY, OTHER_CUSTOMER, NOT_HERE),
        list(_deleted(cells)),
        link=of_day,
    )


def _deleted(cells: Sequence[Cell]) -> Iterator[Deleted]:
    """Only what there was: a day group may have been made for nothing."""
    for cell in cells:
        if items := cell.acknowledged - cell.held:
            yield Deleted(
                words.kind_of_data(cell.data_class),
                items,
                words.deletion_date(cell.expires_on),
                words.instant(cell.shredded_at),
                cell.deletion_id,
            )


def _deletion_records(text: str, **query: object) -> tuple[str, str]:
    return text, reverse(
        "admin:retention_deletionrecord_changelist",
        query={name: str(value) for name, value in query.items()},
    )


def _name(customer: UUID) -> str:
    named = Customer.objects.filter(pk=customer).values_list("name", flat=True).first()
    return named or "this customer"
