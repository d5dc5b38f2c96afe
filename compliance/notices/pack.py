"""The evidence of one version: who was told what and when, and what became of it, for an auditor.

Everything is read in one snapshot, so that the numbers agree: each customer has one notice, each
notice one standing, and the sums of the manifest say so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import IO, Any

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Count, F, Q
from django.template.loader import render_to_string

from compliance.audit.bundle import Bundle
from compliance.notices.models import Announcement, Delivery, MailEvent, Notice, Objection
from compliance.notices.queries import with_standing
from compliance.notices.words import side
from retention.ledger.models import Entry, Subject
from retention.policies.models import Activation, PolicyVersion

AT_ONCE = 1000
Row = Mapping[str, object]
# Columns of each list, in this order in the CSV; the JSONL has the words and headers besides.
NOTICES = (
    *("notice", "customer", "customer_id", "kind", "standing", "published_at", "stated_on"),
    *("given_on", "notice_days", "effective_on", "acknowledged_at", "acknowledged_by", "closed_at"),
)
DELIVERIES = (
    *("delivery", "notice", "customer_id", "purpose", "channel", "address", "contact", "state"),
    *("trouble", "attempts", "sent_at", "settled_at", "message_id", "provider_id", "evidence"),
    "made_by",
)
EVENTS = ("delivery", "kind", "source", "event_id", "status", "happened_at", "heard_at")
OBJECTIONS = (
    *("objection", "notice", "customer_id", "made_by", "made_at", "text", "outcome", "until"),
    *("note", "decided_by", "decided_at", "stay_from", "stay_to"),
)
ACTIVATIONS = (
    *("customer_id", "kind", "given_on", "notice_days", "effective_on", "voided_at"),
    *("voided_for", "applied_at"),
)
ENTRIES = ("entry", "kind", "subject", "facts", "created_at", "signed_at")
SUBJECTS = ("pseudonym", "customer_id")


def build(version: PolicyVersion, *, now: datetime) -> IO[bytes]:
    """The ZIP, open at its beginning; closing it drops it. Not within a transaction."""
    with _snapshot():
        counts = _counts(version, now)
        facts = {"version": version.number, "at": settings.PUBLIC_URL, **counts}
        with Bundle("evidence of a policy version", made_at=now, facts=facts) as bundle:
            _texts(bundle, version, counts)
            for name, columns, rows, about in _lists(version, now):
                bundle.add_csv(
                    f"{name}.csv",
                    columns,
                    ([row.get(column) for column in columns] for row in rows()),
                    about=about,
                )
                bundle.add_jsonl(f"{name}.jsonl", rows(), about=about)
            return bundle.finish()


@contextmanager
def _snapshot() -> Iterator[None]:
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def _counts(version: PolicyVersion, now: datetime) -> dict[str, Any]:
    notices = _notices_of(version, now)
    standings = Counter(notices.values_list("announcement__kind", "standing"))
    deliveries = Counter(_deliveries_of(version).values_list("channel", "state"))
    numbers = _notices_of(version, now).aggregate(
        given=Count("pk", filter=Q(activation__isnull=False)),
        not_given=Count("pk", filter=Q(activation=None)),
        acknowledged=Count("pk", filter=Q(acknowledged_at__isnull=False)),
    )
    return {
        "notices": standings.total(),
        "notices_by_standing": _nested(standings),
        "notices_given": numbers["given"],
        "notices_not_given": numbers["not_given"],
        "acknowledged": numbers["acknowledged"],
        "deliveries": deliveries.total(),
        "deliveries_by_state": _nested(deliveries),
        "mail_events": _events_of(version).count(),
        "objections": _objections_of(version).count(),
        "activations": Activation.objects.filter(version=version).count(),
        "log_entries": _entries_of(version).count(),
        "adds_up": standings.total() == numbers["given"] + numbers["not_given"],
    }


def _nested(counts: Mapping[tuple[str, str], int]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (first, second), number in sorted(counts.items()):
        found.setdefault(first, {})[second] = number
    return found


def _texts(bundle: Bundle, version: PolicyVersion, counts: Mapping[str, Any]) -> None:
    rules = side(version).rules.periods
    made = list(version.announcements.order_by("made_at"))
    words = {"version": version, "rules": rules, "announcements": made, "counts": counts}
    bundle.add_text("README.txt", render_to_string("notices/pack.txt", words), about="what it is")
    bundle.add_text("version.txt", version.text, about="the text of the version, as approved")


def _lists(
    version: PolicyVersion, now: datetime
) -> Iterator[tuple[str, tuple[str, ...], Any, str]]:
    yield (
        "notices",
        NOTICES,
        lambda: map(_notice, _each(_notices_of(version, now))),
        "each customer: what it was told, given when, effective when",
    )
    yield (
        "deliveries",
        DELIVERIES,
        lambda: map(_delivery, _each(_deliveries_of(version))),
        "each mail, post and talk, with headers; words where they differ from the notice",
    )
    yield (
        "events",
        EVENTS,
        lambda: _values(_events_of(version), *EVENTS),
        "what was heard of the mails: arrived, delayed, came back",
    )
    yield (
        "objections",
        OBJECTIONS,
        lambda: map(_objection, _each(_objections_of(version))),
        "who did not agree, and how it was decided",
    )
    yield (
        "activations",
        ACTIVATIONS,
        lambda: _values(_activations_of(version), *ACTIVATIONS),
        "from when the version binds whom; voided ones too",
    )
    yield (
        "log-of-acts",
        ENTRIES,
        lambda: _values(_entries_of(version).annotate(entry=F("id")), *ENTRIES),
        "every act concerned, as it stands in the log",
    )
    yield (
        "pseudonyms",
        SUBJECTS,
        lambda: _values(_subjects_of(version), *SUBJECTS),
        "which customer the log means",
    )


def _each(rows: Any) -> Iterable[Any]:
    return rows.iterator(chunk_size=AT_ONCE)  # type: ignore[no-any-return]


def _values(rows: Any, *columns: str) -> Iterable[Row]:
    return rows.values(*columns).iterator(chunk_size=AT_ONCE)  # type: ignore[no-any-return]


def _notices_of(version: PolicyVersion, now: datetime) -> Any:
    notices = Notice.objects.filter(announcement__version=version)
    found = notices.select_related("announcement", "customer", "activation")
    return with_standing(found, now=now).order_by("announcement__made_at", "pk")


def _deliveries_of(version: PolicyVersion) -> Any:
    found = Delivery.objects.filter(notice__announcement__version=version)
    return found.select_related("notice").order_by("notice", "sent_at", "pk")


def _events_of(version: PolicyVersion) -> Any:
    return MailEvent.objects.filter(delivery__notice__announcement__version=version).order_by("pk")


def _objections_of(version: PolicyVersion) -> Any:
    found = Objection.objects.filter(notice__announcement__version=version)
    return found.select_related("notice", "stay").order_by("made_at", "pk")


def _activations_of(version: PolicyVersion) -> Any:
    return Activation.objects.filter(version=version).order_by("customer_id", "pk")


def _entries_of(version: PolicyVersion) -> Any:
    """Acts that name the version, and the tests of the addresses that its answers go to."""
    named = Q(facts__version=version.number) & (
        Q(kind__startswith="policy:") | Q(kind__startswith="notice:")
    )
    made = Announcement.objects.filter(version=version)
    own = Q(pk__in=made.values("entry"))
    return Entry.objects.filter(named | own).order_by("pk")


def _subjects_of(version: PolicyVersion) -> Any:
    named = _entries_of(version).exclude(subject=None).order_by()
    return Subject.objects.filter(pseudonym__in=named.values("subject")).order_by("pseudonym")


def _notice(notice: Any) -> Row:
    activation = notice.activation
    return {
        "notice": notice.pk,
        "customer": notice.customer.name,
        "customer_id": notice.customer_id,
        "kind": notice.announcement.kind,
        "standing": notice.standing,
        "published_at": notice.published_at,
        "stated_on": notice.stated_on,
        "given_on": activation and activation.given_on,
        "notice_days": activation and activation.notice_days,
        "effective_on": activation and activation.effective_on,
        "acknowledged_at": notice.acknowledged_at,
        "acknowledged_by": notice.acknowledged_by,
        "closed_at": notice.closed_at,
        "subject": notice.subject,
        "text": notice.text,
        "html": notice.html,
    }


def _delivery(delivery: Delivery) -> Row:
    plain = ("purpose", "channel", "address", "state", "trouble", "attempts", "sent_at")
    more = ("settled_at", "message_id", "provider_id", "evidence", "headers", "subject", "text")
    return {
        "delivery": delivery.pk,
        "notice": delivery.notice_id,
        "customer_id": delivery.notice.customer_id,
        "contact": delivery.contact_id,
        "made_by": delivery.made_by_id,
        **{name: getattr(delivery, name) for name in (*plain, *more, "html")},
    }


def _objection(objection: Objection) -> Row:
    stay = objection.stay
    plain = ("made_by", "made_at", "text", "outcome", "until", "note", "decided_at")
    return {
        "objection": objection.pk,
        "notice": objection.notice_id,
        "customer_id": objection.notice.customer_id,
        "decided_by": objection.decided_by_id,
        "stay_from": stay and stay.first_day,
        "stay_to": stay and stay.last_day,
        **{name: getattr(objection, name) for name in plain},
    }
