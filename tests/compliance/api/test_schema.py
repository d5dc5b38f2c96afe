"""The OpenAPI schema says what the API does."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from drf_spectacular.drainage import GENERATOR_STATS
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from compliance.api import errors
from compliance.api.shown import Problem

PATHS = {
    "/api/v1/exchanges": {"get", "post"},
    "/api/v1/exchanges/{id}": {"get"},
    "/api/v1/exchanges/{id}/response": {"post"},
    "/api/v1/exchanges/{id}/evaluation": {"post"},
    "/api/v1/exchanges/{id}/delivered": {"post"},
    "/api/v1/deletions": {"get"},
    "/api/v1/deletions/{id}": {"get"},
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
            assert operation["security"] == [{"key": []}]
            problems = {status for status in operation["responses"] if status != "200"}
            assert {"401", "403"} <= problems
            for status in problems:
                assert set(operation["responses"][status]["content"]) == {errors.PROBLEM}


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
