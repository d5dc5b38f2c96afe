"""What binds each customer until then: the version and the profile that a letter compares with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from uuid import UUID, uuid5

from compliance.customers.models import Customer
from compliance.notices.models import Announcement
from compliance.notices.words import Told
from retention.policies.models import Activation, PolicyVersion, ProfileChoice
from retention.policies.rules import Profile


def told(made: Announcement, customers: Sequence[Customer], *, today: date) -> dict[UUID, Told]:
    """Each customer with its notice's id and what binds it; four queries however many they are."""
    ids = [customer.pk for customer in customers]
    bound = versions_of(ids, made, today)
    profiles = profiles_of(ids, today)
    first = _first() if len(bound) < len(ids) else None
    return {
        customer.pk: Told(
            customer=customer,
            notice=notice_id(made.pk, customer.pk),
            before=bound.get(customer.pk) or first or made.version,
            profile=profiles.get(customer.pk, Profile.STANDARD),
        )
        for customer in customers
    }


def notice_id(announcement: UUID, customer: UUID) -> UUID:
    """The same whoever writes it, however often."""
    return uuid5(announcement, str(customer))


def versions_of(
    customers: Iterable[UUID], made: Announcement, today: date
) -> Mapping[UUID, PolicyVersion]:
    """What the change follows on for each, which may be told and still to come; at a withdrawal
    what is in force.
    """
    standing = Activation.objects.filter(customer_id__in=list(customers), voided_at=None)
    if made.takes_effect_on is None:
        standing = standing.filter(effective_on__lte=today)
    found = (
        standing.exclude(version=made.version_id)
        .order_by("customer_id", "-effective_on", "-version__number")
        .distinct("customer_id")
        .values_list("customer_id", "version_id")
    )
    bound = dict(found)
    versions = PolicyVersion.objects.prefetch_related("periods").in_bulk(set(bound.values()))
    return {customer: versions[version] for customer, version in bound.items()}


def profiles_of(customers: Iterable[UUID], today: date) -> Mapping[UUID, Profile]:
    """What each chose for itself."""
    found = (
        ProfileChoice.objects.filter(customer_id__in=list(customers), first_day__lte=today)
        # The last one that has begun: it takes back what an earlier one said of later days.
        .order_by("customer_id", "-pk")
        .distinct("customer_id")
        .values_list("customer_id", "profile")
    )
    return {customer: Profile(profile) for customer, profile in found}


def _first() -> PolicyVersion | None:
    """What is compared with where nothing binds a customer yet."""
    announced = PolicyVersion.objects.filter(state=PolicyVersion.State.ANNOUNCED)
    return announced.prefetch_related("periods").order_by("number").first()
