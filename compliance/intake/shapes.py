"""What an exchange looks like on its way in: one class for each object of the contract.

Strict: a number is not a text, `true` is not a number, and a field that is not known here is
refused by name, since a misspelt field would otherwise be lost without a word. `null` says the same
as leaving a field out.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from compliance.intake import instants
from retention.policies.rules import LONGEST_RETAIN_DAYS, SHORTEST_RETAIN_DAYS

LONGEST_ID = 200
LONGEST_PART = 64
LONGEST_PATH = 4096
LONGEST_FEEDBACK = 10_000
MOST_PARTS = 1000
MOST_SETTINGS = 20
LARGEST = 2**31 - 1
NEEDS_SOMETHING = "needs a prompt or a response"
# Neither control nor invisible formatting characters nor line separators.
_UNSEEN = r"\p{Cc}\p{Cf}\p{Zl}\p{Zp}"
PRINTABLE = rf"^[^{_UNSEEN}]*$"
# An id is also part of an address: a space at either end would get lost there.
IDENTIFIER = rf"^[^\s{_UNSEEN}](?:[^{_UNSEEN}]*[^\s{_UNSEEN}])?$"
# The same for the schema, whose patterns are read by engines that do not know `\p`: what is unseen
# in the first plane, character by character.
_SPELT = (
    r"\u0000-\u001f\u007f-\u009f\u00ad\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u180e"
    r"\u200b-\u200f\u2028-\u202e\u2060-\u2064\u2066-\u206f\ufeff\ufff9-\ufffb"
)
_SHOWN_PRINTABLE = Field(json_schema_extra={"pattern": PRINTABLE.replace(_UNSEEN, _SPELT)})
_SHOWN_IDENTIFIER = Field(json_schema_extra={"pattern": IDENTIFIER.replace(_UNSEEN, _SPELT)})
_OR_NULL = Field(json_schema_extra={"type": ["string", "null"]})
_SHOWN_TEXT = Field(json_schema_extra={"pattern": r"^[^\u0000]*$"})
CODE = re.compile(r"[a-z0-9_]{1,64}")


def _sound(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not contain the NUL character")
    if not text.isascii():
        try:
            text.encode()
        except UnicodeEncodeError:
            raise ValueError("must be valid Unicode, without lone surrogates") from None
    return text


def _or_empty(text: object) -> object:
    return "" if text is None else text


def _whole(number: object) -> object:
    """1400.0 is an integer to JSON Schema, and some clients write all numbers like that."""
    return int(number) if isinstance(number, float) and number.is_integer() else number


def _flat(settings: dict[str, Any]) -> dict[str, Any]:
    """A few short settings of the vendor's, such as `store: false`."""
    if len(settings) > MOST_SETTINGS:
        raise ValueError(f"must have at most {MOST_SETTINGS} entries")
    for name, value in settings.items():
        if not CODE.fullmatch(name.lower().replace("-", "_").replace(".", "_")):
            raise ValueError("must have short names of letters, digits and _")
        if isinstance(value, str) and len(value) <= LONGEST_ID and value.isprintable():
            continue
        if isinstance(value, int) and abs(value) <= LARGEST:
            continue
        raise ValueError("must hold only true, false, whole numbers and short texts")
    return settings


Text = Annotated[str, AfterValidator(_sound), _SHOWN_TEXT]
Identifier = Annotated[
    str, StringConstraints(max_length=LONGEST_ID, pattern=IDENTIFIER), _SHOWN_IDENTIFIER
]
PartName = Annotated[
    str, StringConstraints(max_length=LONGEST_PART, pattern=IDENTIFIER), _SHOWN_IDENTIFIER
]
Name = Annotated[str, StringConstraints(max_length=LONGEST_ID, pattern=PRINTABLE), _SHOWN_PRINTABLE]
Needed = Annotated[Name, StringConstraints(min_length=1)]
Path = Annotated[
    str, StringConstraints(max_length=LONGEST_PATH, pattern=PRINTABLE), _SHOWN_PRINTABLE
]
Feedback = Annotated[
    str, StringConstraints(max_length=LONGEST_FEEDBACK), AfterValidator(_sound), _SHOWN_TEXT
]
Verdict = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]{1,64}$")]
Line = Annotated[int, Field(ge=1, le=LARGEST)]
Count = Annotated[int, Field(ge=0, le=LARGEST)]
AnyCount = Annotated[Count, BeforeValidator(_whole)]
Score = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Instant = Annotated[datetime, BeforeValidator(instants.parse)]
RetainDays = Annotated[int, Field(ge=SHORTEST_RETAIN_DAYS, le=LONGEST_RETAIN_DAYS)]
Settings = Annotated[dict[str, Any], AfterValidator(_flat)]


_AN_ID: TypeAdapter[str] = TypeAdapter(Identifier)


def could_be_an_id(text: object) -> bool:
    """True for what an exchange may be called."""
    try:
        _AN_ID.validate_python(text, strict=True)
    except ValidationError:
        return False
    return True


class Shape(BaseModel):
    """An object of the contract. Errors never repeat what was sent."""

    model_config = ConfigDict(strict=True, extra="forbid", hide_input_in_errors=True)


class Lines(Shape):
    """Something with a place in a file."""

    start_line: Line | None = None
    end_line: Line | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start_line and self.end_line and self.start_line > self.end_line:
            raise ValueError("must not end before it starts")
        return self


class Source(Shape):
    """Where the code comes from."""

    provider: Name | None = None
    repository: Name | None = None
    commit: Name | None = None
    path: Path | None = None


class Finding(Lines):
    """What the exchange is about: the alert."""

    id: Name | None = None
    rule: Name | None = None


class TextPart(Shape):
    """A part of the prompt that is not code."""

    type: Literal["text"]
    text: Text


class SnippetPart(Lines):
    """Source code inside the prompt."""

    type: Literal["snippet"]
    text: Text
    path: Path | None = None


class Usage(Shape):
    """What the vendor counted."""

    input_tokens: Count | None = None
    output_tokens: Count | None = None


def _one_of(*names: str, or_null: str | None = None) -> ConfigDict:
    """For the schema: one of these is there and not null, or `or_null` is there at all."""
    told: list[JsonValue] = [
        {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names
    ]
    if or_null:
        told.append({"required": [or_null]})
    return ConfigDict(json_schema_extra={"anyOf": told})


class Response(Shape):
    """What the vendor answered."""

    model_config = _one_of("finish_reason", or_null="text")

    # Vendors answer null where a tool was called in place of an answer.
    text: Annotated[Text, BeforeValidator(_or_empty), _OR_NULL] = ""
    finish_reason: Name | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if "text" not in self.model_fields_set and self.finish_reason is None:
            raise ValueError("needs a text or a finish_reason")
        return self


class Evaluation(Shape):
    """How good the answer was. The verdict lies in the clear, so it is a short code."""

    model_config = _one_of("verdict", "score", "feedback")

    verdict: Verdict | None = None
    score: Score | None = None
    feedback: Feedback | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.verdict is None and self.score is None and self.feedback is None:
            raise ValueError("needs a verdict, a score or feedback")
        return self


class LaterUsage(Shape):
    """What the vendor counted."""

    input_tokens: AnyCount | None = None
    output_tokens: AnyCount | None = None


class LaterResponse(Response):
    """A response that was not known when its exchange was sent."""

    part: PartName = "1"
    usage: LaterUsage | None = None
    latency_ms: AnyCount | None = None


class LaterEvaluation(Evaluation):
    """An evaluation that was not known when its exchange was sent."""

    part: PartName = "1"


class Returned(Shape):
    """That the result was returned to the customer: there is nothing more to say."""


PromptPart = Annotated[TextPart | SnippetPart, Field(discriminator="type")]


class Exchange(Shape):
    """One call to an AI vendor, as `POST /api/v1/exchanges` takes it."""

    id: Identifier
    occurred_at: Instant
    subprocessor: Needed
    model: Needed
    purpose: Name | None = None
    account: Name | None = None
    endpoint: Name | None = None
    zero_retention: Settings | None = None
    source: Source | None = None
    finding: Finding | None = None
    prompt: Annotated[list[PromptPart], Field(max_length=MOST_PARTS)] | None = None
    response: Response | None = None
    usage: Usage | None = None
    latency_ms: Count | None = None
    evaluation: Evaluation | None = None
    retain_days: RetainDays | None = None
    delivered_at: Instant | None = None

    @model_validator(mode="after")
    def _holds_something(self) -> Self:
        if not self.prompt and self.response is None:
            raise ValueError(NEEDS_SOMETHING)
        return self
