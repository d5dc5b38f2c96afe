"""What the schema's generator leaves out: server, scopes in words, headers, the refused DELETE."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from compliance.api.problems import KINDS

Told = dict[str, Any]
ONE = "/api/v1/exchanges/{id}"
# They are answered before a request is counted.
UNCOUNTED = ("401", "403", "406")
ASKS_TO_WAIT = ("429", "503")
HEADERS: Told = {
    "RateLimit-Policy": {
        "description": "The limit of this key: name, requests, seconds. Absent without a limit.",
        "schema": {"type": "string"},
        "example": '"ingest";q=12000;w=60',
    },
    "RateLimit": {
        "description": "Requests left, and seconds until all are free. Absent without a limit.",
        "schema": {"type": "string"},
        "example": '"ingest";r=11999;t=1',
    },
    "Retry-After": {
        "description": "Seconds after which to send the same request again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "Link": {
        "description": "The following page, as `next` has it. Absent on the last one.",
        "schema": {"type": "string"},
    },
}


def complete(schema: Told) -> Told:
    """The schema with everything that a client may rely on."""
    schema["servers"] = [{"url": settings.PUBLIC_URL}]
    schema["components"]["headers"] = HEADERS
    schema["paths"][ONE]["delete"] = _refused_deletion(schema["paths"][ONE]["get"])
    for operations in schema["paths"].values():
        for operation in operations.values():
            _say_scope(operation)
            _name_headers(operation)
    return schema


def _say_scope(operation: Told) -> None:
    (scope,) = operation["security"][0]["key"]
    needs = f"Needs a key with the scope `{scope}`."
    operation["description"] = f"{operation.get('description', '')}\n\n{needs}".strip()


def _name_headers(operation: Told) -> None:
    in_pages = any(told["name"] == "cursor" for told in operation.get("parameters", ()))
    for status, response in operation["responses"].items():
        names = [] if status in UNCOUNTED else ["RateLimit-Policy", "RateLimit"]
        names += ["Retry-After"] if status in ASKS_TO_WAIT else []
        names += ["Link"] if status == "200" and in_pages else []
        if names:
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _refused_deletion(reading: Told) -> Told:
    """The view does not know the method, so the generator does not see it."""
    kind = KINDS["erasure_not_available"]
    described = {status: reading["responses"][status] for status in ("401", "403", "406", "429")}
    described["405"] = described["401"]
    return {
        "operationId": "delete_exchange",
        "description": f"{kind.title}: always 405 `{kind.code}`. {kind.means}",
        "parameters": reading["parameters"],
        "tags": reading["tags"],
        "security": [{"key": ["ingest"]}],
        "responses": {status: dict(told) for status, told in sorted(described.items())},
    }
