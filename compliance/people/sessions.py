"""What happens to sessions: begun, rotated, listed, ended."""

from __future__ import annotations

from uuid import UUID

import structlog
from allauth.account.adapter import get_adapter
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from compliance.people import store
from compliance.people.browsers import describe
from compliance.people.models import Session, User
from retention.clock import host_now

log = structlog.get_logger("compliance.people")


def begin(*, request: HttpRequest, user: User, **_: object) -> None:
    """Somebody signed in: from when on the session counts, and how to recognise it."""
    session = request.session
    session.pop(store.GUEST_ADDRESS, None)
    session[store.STAFF] = is_staff(user)
    note(request)
    log.info("signed_in", user=str(user.pk))


def note(request: HttpRequest) -> None:
    """From when on the session counts, and from where it was begun."""
    session = request.session
    session[store.SIGNED_IN_AT] = host_now().isoformat()
    session[store.BROWSER] = describe(request.headers.get("User-Agent", ""))
    session[store.ADDRESS] = _address(request)


def _address(request: HttpRequest) -> str | None:
    if not request.META.get("REMOTE_ADDR"):
        return None
    return str(get_adapter().get_client_ip(request))


def is_staff(user: User) -> bool:
    """Everybody with a right beyond a customer's own, whatever page it is for."""
    if user.is_staff or user.is_superuser:
        return True
    has_some = Q(groups__isnull=False) | Q(user_permissions__isnull=False)
    return User.objects.filter(has_some, pk=user.pk).exists()


def rotate(*, request: HttpRequest, reauthenticated: bool = False, **_: object) -> None:
    """A session that proved itself once more goes on under another token."""
    if reauthenticated:
        request.session.cycle_key()


def signed_out(*, request: HttpRequest, user: User | None, **_: object) -> None:
    """The browser is told to forget its copies of pages (`gate.py`)."""
    if user is not None:
        request.signed_out = True  # type: ignore[attr-defined]
        log.info("signed_out", user=str(user.pk))


def open_sessions(user: User) -> QuerySet[Session]:
    """Where this login is signed in now, last used first."""
    return user.sessions.filter(ends_at__gt=host_now(), signed_in_at__isnull=False)


def end(user: User, session: UUID) -> bool:
    """End one of this login's sessions; False if it has ended already, or is somebody else's."""
    ended, _ = user.sessions.filter(pk=session).delete()
    log.info("sessions_ended", user=str(user.pk), count=ended)
    return bool(ended)


def end_others(user: User, *, but: UUID | None) -> int:
    """End all of this login's sessions but one; how many there were."""
    found = user.sessions.all() if but is None else user.sessions.exclude(pk=but)
    ended, _ = found.delete()
    log.info("sessions_ended", user=str(user.pk), count=ended)
    return ended


def end_all(users: QuerySet[User]) -> int:
    """End all sessions of these logins; how many there were."""
    ended, _ = Session.objects.filter(user__in=users).delete()
    log.info("sessions_ended", users=users.count(), count=ended)
    return ended


def own(request: HttpRequest) -> UUID | None:
    """The session that this request came with."""
    row: Session | None = getattr(request.session, "row", None)
    return row.pk if row else None


def end_others_of(*, request: HttpRequest, user: User, **_: object) -> None:
    """A second factor came or went: whoever else is signed in proves themselves anew."""
    end_others(user, but=own(request))
