"""Counts of several processes add up; nothing is counted without a token."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from compliance.devup import web
from compliance.health import counters

COUNT = """
import django
django.setup()
from django.http import HttpResponse
from django.test import RequestFactory
from compliance.health import counters
from retention.vault import keys
keys.cache.hits, keys.cache.misses = 5, 2
answer = counters.CountRequests(lambda request: HttpResponse(status=503))
for _ in range(3):
    answer(RequestFactory().get("/api/v1/exchanges"))
"""
READ = """
import django
django.setup()
from compliance.health import counters
counters.meters()
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
registry = CollectorRegistry()
MultiProcessCollector(registry)
print(generate_latest(registry).decode())
"""


def run(script: str, state: Path) -> str:
    environment = {
        **os.environ,
        "STATE_DIR": str(state),
        "SECRET_KEY": "for-this-test-and-nothing-else-at-all",
        "METRICS_TOKEN": "for-this-test-and-nothing-else-at-all",
    }
    done = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


def test_processes_that_came_and_went_are_summed(tmp_path: Path) -> None:
    for _ in range(2):
        run(COUNT, tmp_path)
    found = run(READ, tmp_path)
    assert 'sandglass_requests_total{status="5xx",surface="api"} 6.0' in found
    assert 'sandglass_request_seconds_count{surface="api"} 6.0' in found
    assert "sandglass_key_cache_hits_total 10.0" in found
    assert "sandglass_key_cache_misses_total 4.0" in found
    assert (tmp_path / "metrics").stat().st_mode & 0o077 == 0


def test_a_server_that_starts_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run(COUNT, tmp_path)
    monkeypatch.setenv("STATE_DIR", str(tmp_path))
    web.on_starting(None)
    assert "sandglass_requests_total{" not in run(READ, tmp_path)


def test_without_a_token_nothing_is_counted(settings: object) -> None:
    settings.METRICS_TOKEN = ""  # type: ignore[attr-defined]
    with pytest.raises(MiddlewareNotUsed):
        counters.CountRequests(lambda request: HttpResponse())


@pytest.mark.parametrize(
    ("path", "name"),
    [("/api/v1/exchanges", "api"), ("/admin/", "admin"), ("/", "other"), ("/x" * 99, "other")],
)
def test_a_client_invents_no_label(path: str, name: str) -> None:
    request: HttpRequest = RequestFactory().get(path)
    assert counters.surface(request) == name
