"""The parts of an exchange that come after it: a response, an evaluation, the news of a return."""

from __future__ import annotations

from typing import Any, TypeVar

from pydantic import ValidationError

from compliance.intake import complaints, shapes
from compliance.intake.errors import InvalidFields
from compliance.intake.exchanges import evaluation_of, response_of
from retention.records.parts import Part, Usage

Shape = TypeVar("Shape", bound=shapes.Shape)


def response(body: Any) -> Part:
    """The response in this parsed body; raises `InvalidFields`."""
    new = _read(shapes.LaterResponse, body)
    usage = Usage(
        input_tokens=new.usage.input_tokens if new.usage else None,
        output_tokens=new.usage.output_tokens if new.usage else None,
        latency_ms=new.latency_ms,
    )
    return response_of(new, usage, new.part)


def evaluation(body: Any) -> Part:
    """The evaluation in this parsed body; raises `InvalidFields`."""
    new = _read(shapes.LaterEvaluation, body)
    return evaluation_of(new, new.part)


def returned(body: Any) -> None:
    """Nothing is told beyond the address; raises `InvalidFields` if something is."""
    _read(shapes.Returned, body)


def _read(shape: type[Shape], body: Any) -> Shape:
    if not isinstance(body, dict):
        raise InvalidFields(errors=complaints.whole("must be an object"))
    try:
        return shape.model_validate(body)
    except ValidationError as error:
        raise InvalidFields(errors=complaints.of(error)) from None
