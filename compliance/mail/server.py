"""Where mails go in this set-up, and the words that every letter needs of it."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings

# Where mails are files or lines they reach nobody.
NOBODY = (
    *("filebased.EmailBackend", "console.EmailBackend", "dummy.EmailBackend"),
    "mailbox.EmailBackend",
)
MAILBOX = "mailbox.EmailBackend"


def has_mail_server() -> bool:
    """True where a mail can leave this machine."""
    return not settings.EMAIL_BACKEND.endswith(NOBODY)


def may_give_notice() -> bool:
    """True where handing a mail over counts: at a mail server, or in a demonstration's mailbox."""
    return has_mail_server() or (settings.DEMO and settings.EMAIL_BACKEND.endswith(MAILBOX))


def host() -> str:
    """What stands behind the @ of our Message-IDs."""
    return urlsplit(settings.PUBLIC_URL).hostname or "localhost"


def automatic() -> dict[str, str]:
    """Headers of every mail that a machine writes: absence assistants do not answer it."""
    return {"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All"}
