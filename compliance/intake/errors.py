"""Why a whole request is refused before any of its exchanges is looked at."""

from __future__ import annotations

from compliance.errors import ComplianceError


class BodyRefused(ComplianceError):
    """The body could not be taken apart: nothing of it was kept."""

    code = "malformed_json"


class MalformedJson(BodyRefused):
    """The body is not the JSON object that is expected: nothing of it was kept."""

    code = "malformed_json"


class TooLarge(BodyRefused):
    """The body is too large: send it in smaller batches."""

    code = "too_large"


class TooManyExchanges(BodyRefused):
    """A request takes up to 1,000 exchanges: send them in smaller batches."""

    code = "too_many_exchanges"


class UnsupportedEncoding(BodyRefused):
    """The content encoding must be one of gzip, zstd and identity."""

    code = "unsupported_encoding"


class BadCompression(BodyRefused):
    """The body cannot be decompressed: it is damaged, cut short or not in the encoding named."""

    code = "bad_compression"


class InvalidFields(BodyRefused):
    """Some fields are not as expected: `errors` names them, without their values."""

    code = "invalid"


def unknown_envelope_field() -> InvalidFields:
    """Beside `exchanges` a body has no fields: one that was misspelt must not vanish."""
    return InvalidFields(errors={"body": ["only the field exchanges is known here"]})
