"""Where sessions are kept (`SESSION_ENGINE`): in PostgreSQL, found by the hash of their token.

The token itself is in the browser's cookie only: whoever reads the table, or a backup of it, cannot
take over a session. A row that has ended is never found, and nothing brings it back: a request that
was under way saves with an UPDATE that then finds no row.
"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import CreateError, SessionBase, UpdateError
from django.db import IntegrityError, transaction

from compliance.people.limits import GRAIN, GUEST, VISITOR, Limits, limits
from compliance.people.models import Session
from retention.clock import host_now

SIGNED_IN_AT, STAFF, ADDRESS, BROWSER = "signed_in_at", "staff", "address", "browser"
# The address that a guest proved to read (`guests.py`).
GUEST_ADDRESS = "guest_address"


def fingerprint(token: str) -> str:
    """What is stored of a token. It has 165 random bits: a plain hash cannot be searched."""
    return sha256(token.encode()).hexdigest()


class SessionStore(SessionBase):
    """One visitor's session; `row` is what was found of it."""

    row: Session | None = None

    def load(self) -> dict[str, Any]:
        """What is kept under the token of the cookie; nothing when it has ended."""
        row = None
        if self.session_key is not None:
            row = _open().filter(token_hash=fingerprint(self.session_key)).first()
        if row is None:
            self._session_key = None
            return {}
        self.row = row
        return self.decode(row.data)

    def exists(self, session_key: str) -> bool:
        """True if a row has this token, ended or not."""
        return Session.objects.filter(token_hash=fingerprint(session_key)).exists()

    def create(self) -> None:
        """A new row under a new token."""
        while True:
            self._session_key = self._get_new_session_key()  # type: ignore[attr-defined]
            try:
                self.save(must_create=True)
            except CreateError:
                continue
            self.modified = True
            return

    def save(self, must_create: bool = False) -> None:
        """Write it. Raises `UpdateError` when the session has ended meanwhile."""
        if self.session_key is None:
            self.create()
            return
        token_hash = fingerprint(self.session_key)
        data = self._get_session(no_load=must_create)  # type: ignore[attr-defined]
        values = _columns(self, data, now=host_now())
        if not must_create:
            if not _open().filter(token_hash=token_hash).update(**values):
                raise UpdateError
            return
        try:
            with transaction.atomic():
                self.row = Session.objects.create(token_hash=token_hash, **values)
        except IntegrityError as error:
            raise CreateError from error

    def delete(self, session_key: str | None = None) -> None:
        """End it."""
        token = session_key or self.session_key
        if token is not None:
            Session.objects.filter(token_hash=fingerprint(token)).delete()

    def touch(self, *, staff: bool, now: datetime) -> None:
        """It was used: idle time counts from now on. Writes twice a minute at most."""
        row = self.row
        if row is None or row.signed_in_at is None or now - row.seen_at < GRAIN:
            return
        held = limits(staff=staff) if row.user_id else GUEST
        end = held.end(signed_in_at=row.signed_in_at, now=now)
        _open().filter(pk=row.pk).update(seen_at=now, ends_at=end)

    @classmethod
    def clear_expired(cls) -> None:
        """Remove what has ended."""
        Session.objects.filter(ends_at__lte=host_now()).delete()


def _open() -> Any:
    return Session.objects.filter(ends_at__gt=host_now())


def _columns(store: SessionStore, data: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    """The row. Somebody signed in without a time of signing in has a session that has ended."""
    user, at = data.get(SESSION_KEY), data.get(SIGNED_IN_AT)
    somebody = user or data.get(GUEST_ADDRESS)
    signed_in_at = datetime.fromisoformat(at) if somebody and at else None
    if signed_in_at is not None:
        end = _limits(data).end(signed_in_at=signed_in_at, now=now)
    else:
        end = now if somebody else now + VISITOR.idle
    return {
        "user_id": user,
        "data": store.encode(data),
        "signed_in_at": signed_in_at,
        "seen_at": now,
        "ends_at": end,
        "address": data.get(ADDRESS),
        "browser": data.get(BROWSER, ""),
    }


def _limits(data: dict[str, Any]) -> Limits:
    return limits(staff=bool(data.get(STAFF))) if data.get(SESSION_KEY) else GUEST
