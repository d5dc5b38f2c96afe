"""Every code has a page at the address that its problems name; docs/api.md says the same."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from compliance.api import errors
from compliance.api.problems import GROUPS, KINDS, Kind
from tests.cast import Cast
from tests.compliance.api.conftest import EXCHANGES, Api
from tests.compliance.intake.sent import short

DOCS = Path(settings.BASE_DIR) / "docs" / "api.md"


def row(kind: Kind) -> str:
    return f"| `{kind.code}` | {kind.answered_with} | {kind.means} | {kind.do} |"


def test_the_type_of_a_problem_is_an_address_that_explains_it(api: Api, cast: Cast) -> None:
    problem = api.get(EXCHANGES, key=cast.acme.ingest).body
    assert problem["type"] == f"{settings.PUBLIC_URL}/api/problems/scope_missing/"
    page = Client().get(urlsplit(problem["type"]).path)
    assert page.status_code == 200
    assert problem["title"] in page.content.decode()


@pytest.mark.parametrize("code", [*KINDS])
def test_each_code_has_a_page_that_needs_no_key(code: str) -> None:
    page = Client().get(f"/api/problems/{code}/")
    assert page.status_code == 200
    assert f"<code>{code}</code>" in page.content.decode()
    assert "`" not in page.content.decode()


def test_a_code_that_is_none_has_no_page() -> None:
    page = Client().get("/api/problems/nothing/")
    assert (page.status_code, page.json()["code"]) == (404, "not_found")


def test_every_problem_that_can_be_answered_is_in_the_list() -> None:
    public = {errors._public_code(code) for code in errors.STATUS}
    assert public - {"internal_error", "not_ready"} <= set(KINDS)


def test_docs_say_the_same() -> None:
    written = DOCS.read_text(encoding="utf-8")
    for heading, kinds in GROUPS.items():
        table = "\n".join(row(kind) for kind in kinds)
        assert f"**{heading}.**" in written
        assert table in written, f"\n**{heading}.**\n\n{table}"


def test_deletion_on_request_is_refused_by_name_and_deletes_nothing(api: Api, cast: Cast) -> None:
    [sent] = api.send(short(), key=cast.acme.ingest).body["results"]
    refused = api.delete(f"{EXCHANGES}/{sent['exchange']}", key=cast.acme.ingest)
    assert (refused.status, refused.code) == (405, "erasure_not_available")
    assert refused.body["retryable"] is False
    assert "GET" in refused.headers["Allow"]
    assert "DELETE" not in refused.headers["Allow"]
    reading = api.delete(f"{EXCHANGES}/{sent['exchange']}", key=cast.acme.read)
    assert (reading.status, reading.code) == (403, "scope_missing")
    assert api.delete(f"{EXCHANGES}/{sent['exchange']}").status == 401
    assert api.get(f"{EXCHANGES}/{sent['exchange']}", key=cast.acme.read).status == 200
