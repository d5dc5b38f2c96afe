"""The OpenAPI schema says what the API does."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from django.urls import resolve
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from compliance.api import errors
from compliance.api.shown import Problem

PATHS = {
    "/api/v1/exchanges": {"get", "post"},
    "/api/v1/exchanges/{id}": {"get", "delete"},
    "/api/v1/exchanges/{id}/response": {"post"},
    "/api/v1/exchanges/{id}/evaluation": {"post"},
    "/api/v1/exchanges/{id}/delivered": {"post"},
    "/api/v1/deletions": {"get"},
    "/api/v1/deletions/{id}": {"get"},
    "/api/v1/notices": {"get"},
    "/api/v1/notices/{id}": {"get"},
    "/api/v1/notices/{id}/acknowledge": {"post"},
    "/api/v1/notices/{id}/object": {"post"},
    "/api/v1/policy": {"get"},
    "/api/v1/policy/versions": {"get"},
}


@pytest.fixture
def schema() -> dict[str, Any]:
    answer = Client().get("/api/schema/", HTTP_ACCEPT="application/vnd.oai.openapi+json")
    assert answer.status_code == 200
    parsed: dict[str, Any] = answer.json()
    return parsed


def test_it_is_valid_and_made_without_a_warning(schema: dict[str, Any]) -> None:
    assert schema["openapi"].startswith("3.1")
    validate_schema(schema)
    GENERATOR_STATS.reset()
    SchemaGenerator().get_schema(request=None, public=True)
    assert not GENERATOR_STATS


def test_it_names_every_address_with_its_methods(schema: dict[str, Any]) -> None:
    assert {path: set(methods) for path, methods in schema["paths"].items()} == PATHS


def test_every_answer_names_the_problems_that_it_may_be(schema: dict[str, Any]) -> None:
    for path in schema["paths"].values():
        for operation in path.values():
            problems = {status for status in operation["responses"] if status >= "400"}
            assert {"401", "403"} <= problems
            for status in problems:
                assert set(operation["responses"][status]["content"]) == {errors.PROBLEM}


def test_every_operation_names_the_scope_that_its_view_asks_for(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        scopes = resolve(path.replace("{id}", "x")).func.cls.scopes
        for method, operation in operations.items():
            scope = scopes[method.upper()]
            assert operation["security"] == [{"key": [scope]}]
            assert f"Needs a key with the scope `{scope}`." in operation["description"]


def test_it_says_where_the_server_is(schema: dict[str, Any]) -> None:
    assert [server["url"] for server in schema["servers"]] == [settings.PUBLIC_URL]


def test_deletion_on_request_is_there_and_says_that_it_is_not_available(
    schema: dict[str, Any],
) -> None:
    operation = schema["paths"]["/api/v1/exchanges/{id}"]["delete"]
    assert "erasure_not_available" in operation["description"]
    assert set(operation["responses"]) == {"401", "403", "405", "406", "429"}


def test_every_answer_names_its_headers(schema: dict[str, Any]) -> None:
    for path, operations in schema["paths"].items():
        for operation in operations.values():
            for status, response in operation["responses"].items():
                named = set(response.get("headers", {}))
                uncounted = status in ("401", "403", "406")
                assert ({"RateLimit", "RateLimit-Policy"} <= named) is not uncounted
                assert ("Retry-After" in named) is (status in ("429", "503"))
            listed = "cursor" in str(operation.get("parameters"))
            answered = operation["responses"].get("200", {}).get("headers", {})
            assert ("Link" in answered) is listed, path


@pytest.mark.parametrize(
    ("query", "accept", "media_type"),
    [
        ("", "*/*", "application/vnd.oai.openapi"),
        ("", "application/json", "application/json"),
        ("?format=json", "*/*", "application/vnd.oai.openapi+json"),
    ],
)
def test_it_comes_as_yaml_unless_json_is_asked_for(
    query: str, accept: str, media_type: str
) -> None:
    answer = Client().get(f"/api/schema/{query}", HTTP_ACCEPT=accept)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].partition(";")[0] == media_type


def test_the_shapes_of_intake_describe_themselves(schema: dict[str, Any]) -> None:
    exchange = schema["components"]["schemas"]["Exchange"]
    assert set(exchange["required"]) == {"id", "occurred_at", "subprocessor", "model"}
    assert exchange["additionalProperties"] is False


def test_a_problem_has_the_fields_of_the_standard_and_ours() -> None:
    made = errors.problem(400, "invalid", "Some fields …", retryable=False, errors={})
    assert set(made) == set(Problem.model_fields)


def test_every_code_of_ours_has_a_status() -> None:
    own = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.RetentionError)
    ]
    codes = {kind.code for kind in own} - {"retention_error", "refused"}
    assert codes <= set(errors.STATUS)
