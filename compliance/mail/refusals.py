"""What a failed sending means: surely not taken and why, or nobody knows. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused


class Meaning(StrEnum):
    """What to do about a mail that could not be handed over."""

    # The server will never take it for this recipient.
    NO_SUCH_RECIPIENT = "no_such_recipient"
    # The server will never take this text.
    NEVER = "never"
    # The server surely did not take it this time, for this recipient.
    LATER = "later"
    # It does not take mails of ours: somebody here has to mend that, however long it takes.
    OURS = "ours"
    # The connection broke: it may have been taken.
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Refusal:
    """`code`: a short word for people and the database; a server's own words may name somebody."""

    meaning: Meaning
    code: str
    answer: int = 0


def read(error: Exception) -> Refusal:
    """What this failure of a hand-over says."""
    code = answer(error)
    if isinstance(error, ValueError | AnymailRecipientsRefused):
        return Refusal(Meaning.NO_SUCH_RECIPIENT, reason(error))
    if isinstance(error, AnymailAPIError):
        return Refusal(_by_provider(code), reason(error, "connection_lost"), code)
    if code >= 500 and isinstance(error, SMTPRecipientsRefused):
        return Refusal(Meaning.NO_SUCH_RECIPIENT, reason(error), code)
    if code >= 500 and isinstance(error, SMTPDataError):
        return Refusal(Meaning.NEVER, reason(error), code)
    if code and isinstance(error, SMTPRecipientsRefused | SMTPDataError):
        return Refusal(Meaning.LATER, reason(error), code)
    meaning = Meaning.OURS if code else Meaning.UNKNOWN
    return Refusal(meaning, reason(error, "connection_lost"), code)


def _by_provider(status: int) -> Meaning:
    """A provider that was asked too often or does not know us took nothing. A broken one, who
    knows; the rest is about this mail.
    """
    if status in (401, 403, 429, 503):
        return Meaning.OURS
    return Meaning.NEVER if 400 <= status < 500 else Meaning.UNKNOWN


def answer(error: Exception) -> int:
    """The code with which the server said no; 0: it said nothing, so we do not know."""
    if isinstance(error, SMTPRecipientsRefused):
        return max(code for code, _ in error.recipients.values())
    if isinstance(error, SMTPResponseException):
        return error.smtp_code
    # A provider's own interface answers by HTTP (anymail).
    status = getattr(error, "status_code", None)
    return status if isinstance(status, int) else 0


def reason(error: Exception, otherwise: str = "no_connection") -> str:
    """A short code for it."""
    if code := answer(error):
        return f"answered_{code}"
    about_the_address = isinstance(error, ValueError | AnymailRecipientsRefused)
    return "bad_address" if about_the_address else otherwise
