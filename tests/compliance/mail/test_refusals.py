"""What the answer of a mail server means for the mail."""

from __future__ import annotations

from smtplib import (
    SMTPAuthenticationError,
    SMTPDataError,
    SMTPRecipientsRefused,
    SMTPSenderRefused,
    SMTPServerDisconnected,
)

import pytest
from anymail.exceptions import AnymailAPIError, AnymailRecipientsRefused

from compliance.mail.refusals import Meaning, Refusal, read, reason


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (SMTPRecipientsRefused({"a@b": (550, b"no")}), ("no_such_recipient", "answered_550", 550)),
        (SMTPRecipientsRefused({"a@b": (450, b"no")}), ("later", "answered_450", 450)),
        (SMTPDataError(554, b"spam"), ("never", "answered_554", 554)),
        (SMTPDataError(451, b"later"), ("later", "answered_451", 451)),
        (SMTPSenderRefused(550, b"you", "a@b"), ("ours", "answered_550", 550)),
        (SMTPAuthenticationError(535, b"who"), ("ours", "answered_535", 535)),
        (SMTPServerDisconnected("gone"), ("unknown", "connection_lost", 0)),
        (TimeoutError(), ("unknown", "connection_lost", 0)),
        (ConnectionResetError(), ("unknown", "connection_lost", 0)),
        (ValueError("bad header"), ("no_such_recipient", "bad_address", 0)),
        (AnymailAPIError(status_code=429), ("ours", "answered_429", 429)),
        (AnymailAPIError(status_code=503), ("ours", "answered_503", 503)),
        (AnymailAPIError(status_code=422), ("never", "answered_422", 422)),
        (AnymailAPIError(status_code=504), ("unknown", "answered_504", 504)),
        (AnymailAPIError(), ("unknown", "connection_lost", 0)),
        (AnymailRecipientsRefused(), ("no_such_recipient", "bad_address", 0)),
    ],
)
def test_each_answer_means_one_thing(error: Exception, expected: tuple[str, str, int]) -> None:
    meaning, code, answer = expected
    assert read(error) == Refusal(Meaning(meaning), code, answer)


def test_a_server_that_cannot_be_reached_is_another_thing_than_one_that_hung_up() -> None:
    assert reason(ConnectionRefusedError()) == "no_connection"
