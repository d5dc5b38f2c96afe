"""What would make a promise untrue is said before anything runs, with what to do."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from django.core.checks import CheckMessage
from django.core.checks.registry import registry
from django.db import connections
from pytest_django import Settings

from retention.vault import checks
from retention.vault.providers import create_root_key_file
from tests.vaults import vault_at


def _found(*, deploy: bool = False, databases: list[str] | None = None) -> dict[str, CheckMessage]:
    """What the vault's own checks say, as Django would run them."""
    registered = registry.get_checks(include_deployment_checks=deploy)
    own = [check for check in registered if check.__module__ == checks.__name__]
    assert len(own) == (5 if deploy else 4)
    messages = [
        message for check in own for message in check(app_configs=None, databases=databases)
    ]
    return {str(message.id): message for message in messages}


@pytest.fixture
def default_on(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Puts the records on a host."""

    def put(host: str) -> None:
        monkeypatch.setitem(connections["default"].settings_dict, "HOST", host)

    put("")
    return put


@pytest.mark.usefixtures("default_on")
def test_a_proper_vault_has_no_complaint(vault: Path, settings: Settings) -> None:
    settings.VAULT_COPY = ""
    assert _found(databases=["vault"]) == {}


def test_every_complaint_has_a_hint(vault: Path, settings: Settings, default_on: Any) -> None:
    default_on("db.example.com")
    settings.DATABASE_ROUTERS = []
    settings.VAULT_COPY = str(vault.parent / "copy")
    settings.ROOT_KEY_FILE = vault.parent / "missing.key"
    with vault_at(vault, transaction_mode=None, init_command="PRAGMA secure_delete=OFF"):
        found = _found(databases=["vault"])
    assert {"vault.E002", "vault.E003", "vault.E004", "vault.E005", "vault.E006"} <= set(found)
    assert all(message.hint for message in found.values())


def test_it_complains_of_a_missing_alias(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(settings.DATABASES, "vault")
    found = _found(deploy=True, databases=["vault"])
    assert set(found) - {"vault.E005"} == {"vault.E001"}


@pytest.mark.usefixtures("vault")
def test_it_complains_of_a_missing_router(settings: Settings) -> None:
    settings.DATABASE_ROUTERS = []
    assert "vault.E002" in _found()


@pytest.mark.parametrize(
    "options", [{"transaction_mode": None}, {"transaction_mode": "DEFERRED"}, {"timeout": 5}]
)
def test_it_complains_of_options_that_fail_under_load(
    vault: Path, options: dict[str, object]
) -> None:
    with vault_at(vault, **options):
        assert "vault.E003" in _found()


@pytest.mark.parametrize(
    ("pragma", "consequence"),
    [
        ("secure_delete=OFF", "free space"),
        ("secure_delete=FAST", "free space"),
        ("journal_mode=PERSIST", "journal"),
        ("journal_mode=WAL", "journal"),
        ("journal_mode=OFF", "journal"),
        ("synchronous=NORMAL", "power failure"),
        ("synchronous=OFF", "power failure"),
    ],
)
def test_it_reads_the_pragmas_back(
    empty_vault: Path, vault: Path, tmp_path: Path, pragma: str, consequence: str
) -> None:
    proper = connections["vault"].settings_dict["OPTIONS"]["init_command"]
    shutil.copyfile(empty_vault, tmp_path / "careless.sqlite3")
    careless = f"{proper.rstrip('; ')}; PRAGMA {pragma}"
    with vault_at(tmp_path / "careless.sqlite3", init_command=careless):
        found = _found(databases=["vault"])
    assert consequence in found["vault.E004"].msg


def test_it_touches_the_vault_only_where_databases_are_checked(vault: Path) -> None:
    with vault_at(vault.parent / "nowhere" / "vault.sqlite3"):
        assert "vault.E008" not in _found()
        assert "vault.E008" not in _found(databases=["default"])
        assert "vault.E008" in _found(databases=["vault"])


@pytest.mark.usefixtures("vault")
def test_it_complains_of_a_root_key_that_is_missing_or_open(
    settings: Settings, tmp_path: Path
) -> None:
    settings.ROOT_KEY_FILE = tmp_path / "other.key"
    assert "cannot be read" in _found()["vault.E005"].msg
    create_root_key_file(settings.ROOT_KEY_FILE)
    assert "vault.E005" not in _found()
    settings.ROOT_KEY_FILE.chmod(0o644)
    assert "chmod 600" in _found()["vault.E005"].msg


def test_it_complains_of_a_copy_beside_the_vault(
    vault: Path, settings: Settings, tmp_path: Path
) -> None:
    settings.VAULT_COPY = str(vault.parent / "deeper" / "copy")
    assert "vault.E006" in _found()
    (tmp_path / "elsewhere").mkdir()
    settings.VAULT_COPY = str(tmp_path / "elsewhere" / "copy")
    assert "vault.E006" not in _found()


def test_it_warns_of_a_copy_on_the_same_disk(
    vault: Path, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "elsewhere").mkdir()
    settings.VAULT_COPY = str(tmp_path / "elsewhere" / "copy")
    assert "vault.W003" in _found()
    monkeypatch.setattr(checks, "_device", hash)
    assert "vault.W003" not in _found()


@pytest.mark.usefixtures("vault")
def test_it_warns_in_production_of_a_vault_without_a_copy(
    settings: Settings, tmp_path: Path
) -> None:
    settings.VAULT_COPY = ""
    assert "vault.W002" in _found(deploy=True)
    assert "vault.W002" not in _found()
    settings.VAULT_COPY = str(tmp_path / "elsewhere" / "copy")
    assert "vault.W002" not in _found(deploy=True)


@pytest.mark.parametrize("host", ["", "localhost", "127.0.0.1", "::1", "/run/postgresql"])
@pytest.mark.usefixtures("vault")
def test_one_host_is_fine_for_sqlite(default_on: Any, host: str) -> None:
    default_on(host)
    assert "vault.W001" not in _found()


@pytest.mark.parametrize("host", ["db.example.com", "10.0.0.7"])
@pytest.mark.usefixtures("vault")
def test_it_warns_of_sqlite_where_there_are_several_hosts(default_on: Any, host: str) -> None:
    default_on(host)
    assert "vault.W001" in _found()


def test_a_vault_in_postgresql_has_its_own_rules(
    vault: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch, default_on: Any
) -> None:
    default_on("db.example.com")
    monkeypatch.setattr(connections["vault"], "vendor", "postgresql")
    settings.VAULT_COPY = ""
    assert _found(deploy=True, databases=["vault"]) == {}
    settings.VAULT_COPY = str(vault.parent.parent / "elsewhere" / "copy")
    assert set(_found(deploy=True)) == {"vault.E007"}
