"""Settings refuse what they do not understand, and say what to set instead."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from collections.abc import Iterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

ROOT = Path(__file__).resolve().parents[1]
SECRET = "a-secret-that-is-longer-than-fifty-characters-and-that-nobody-uses"
DATABASE = "postgres://sandglass:pass-word@db.example.com:5432/sandglass"
PRODUCTION = {
    "SECRET_KEY": SECRET,
    "DATABASE_URL": DATABASE,
    "VAULT_URL": "postgres://vault:pass-word@keys.example.com/vault",
    "BROKER_URL": "rediss://queue.example.com:6379/0",
    "PUBLIC_URL": "https://data.example.com",
    "EMAIL_URL": "smtp+tls://user:pass-word@mail.example.com:587",
    "LOG_LEVEL": "WARNING",
}


Environment = MutableMapping[str, str]


@pytest.fixture
def env(tmp_path: Path) -> Iterator[Environment]:
    """The process's environment, in which nothing is set but the path and an empty state."""
    before = dict(os.environ)
    os.environ.clear()
    os.environ.update({"PATH": before["PATH"], "STATE_DIR": str(tmp_path)})
    yield os.environ
    os.environ.clear()
    os.environ.update(before)


def settings() -> dict[str, Any]:
    """What the settings make of the environment as it is now."""
    return runpy.run_path(str(ROOT / "compliance" / "project" / "settings.py"))


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("SECRET_KEY", "", "set SECRET_KEY or SECRET_KEY_FILE"),
        ("SECRET_KEY", "short", "SECRET_KEY is shorter than 32 characters"),
        ("DATABASE_URL", "", "DATABASE_URL is not set"),
        ("DATABASE_URL", "sandglass", "must name a PostgreSQL database"),
        ("DATABASE_URL", "mysql://db/x", "must name a PostgreSQL database"),
        ("DATABASE_URL", "sqlite:///x", "must name a PostgreSQL database"),
        ("DATABASE_URL", "postgres://u:pass-word@db:x/y", "DATABASE_URL cannot be read"),
        ("DATABASE_URL", "postgres://u:pass-word@[::1/y", "DATABASE_URL cannot be read"),
        ("DATABASE_URL", "postgres://u:pass-word@db/", "DATABASE_URL names no database"),
        ("VAULT_URL", "mysql://u:pass-word@db/x", "VAULT_URL must be a path"),
        ("VAULT_URL", DATABASE, "the same database"),
        ("PUBLIC_URL", "data.example.com", "PUBLIC_URL must be a full address"),
        ("PUBLIC_URL", "ftp://data.example.com", "PUBLIC_URL must be a full address"),
        ("EMAIL_URL", "mail:pass-word", "EMAIL_URL cannot be read"),
        ("EMAIL_URL", "smtp://u:pass-word@mail:x", "EMAIL_URL cannot be read"),
        ("DEBUG", "True", "write true or false"),
        ("DEBUG", "1", "write true or false"),
        ("DEBUG", "yes", "write true or false"),
        ("LOG_LEVEL", "debug", "LOG_LEVEL is 'debug'"),
        ("LOG_LEVEL", "TRACE", "DEBUG, INFO, WARNING, ERROR"),
    ],
)
def test_an_odd_spelling_stops_the_process(
    env: Environment, name: str, value: str, says: str
) -> None:
    env.update(PRODUCTION | {name: value})
    with pytest.raises(ImproperlyConfigured, match=name) as refused:
        settings()
    assert says in str(refused.value)
    assert "pass-word" not in str(refused.value)


@pytest.mark.parametrize("content", [None, "", "short\n"])
def test_a_secret_file_that_is_missing_or_short_stops_the_process(
    env: Environment, tmp_path: Path, content: str | None
) -> None:
    file = tmp_path / "secret"
    if content is not None:
        file.write_text(content)
    env.update(PRODUCTION | {"SECRET_KEY": "", "SECRET_KEY_FILE": str(file)})
    with pytest.raises(ImproperlyConfigured, match="SECRET_KEY"):
        settings()


def test_the_process_ends_with_the_sentence_and_not_with_a_traceback(env: Environment) -> None:
    env.update(PRODUCTION | {"DEBUG": "on"})
    said = subprocess.run(
        [sys.executable, "manage.py", "diffsettings"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert said.returncode == 1
    assert "DEBUG is 'on': write true or false." in said.stderr
    assert "Traceback" not in said.stderr


def test_production_takes_everything_from_the_environment(env: Environment) -> None:
    env.update(PRODUCTION)
    found = settings()
    records, vault = found["DATABASES"]["default"], found["DATABASES"]["vault"]
    assert (records["HOST"], records["NAME"]) == ("db.example.com", "sandglass")
    assert (vault["HOST"], vault["NAME"]) == ("keys.example.com", "vault")
    assert found["CELERY_BROKER_URL"] == PRODUCTION["BROKER_URL"]
    assert found["EMAIL_HOST"] == "mail.example.com"
    assert found["EMAIL_USE_TLS"]
    assert "data.example.com" in found["ALLOWED_HOSTS"]
    assert found["CSRF_TRUSTED_ORIGINS"] == ["https://data.example.com"]
    assert found["SESSION_COOKIE_SECURE"]
    for name in ("SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "KNOWN_COOKIE_NAME"):
        assert found[name].startswith("__Host-")
    assert found["ALLAUTH_TRUSTED_PROXY_COUNT"] == 1
    assert found["SECURE_SSL_REDIRECT"]
    assert not found["DEBUG"]
    assert not found["DEMO"]


def test_everything_else_lies_in_the_state(env: Environment, tmp_path: Path) -> None:
    env.update({"SECRET_KEY": SECRET, "DATABASE_URL": DATABASE})
    found = settings()
    assert found["ROOT_KEY_FILE"] == tmp_path / "keys" / "root.key"
    assert found["DATABASES"]["vault"]["NAME"] == str(tmp_path / "vault" / "vault.sqlite3")
    assert found["LEDGER_DIR"].parent == found["REPORTS_DIR"].parent == tmp_path
    assert not found["SECURE_SSL_REDIRECT"]


def test_without_a_mail_server_mails_are_files_and_never_lines_of_a_log(
    env: Environment, tmp_path: Path
) -> None:
    env.update({"SECRET_KEY": SECRET, "DATABASE_URL": DATABASE})
    found = settings()
    assert found["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    assert found["EMAIL_FILE_PATH"] == str(tmp_path / "mail")


def test_a_demonstrations_mails_go_to_its_mailbox_unless_there_is_a_mail_server(
    env: Environment, tmp_path: Path
) -> None:
    (tmp_path / "demo").touch()
    env.update({"SECRET_KEY": SECRET, "DATABASE_URL": DATABASE})
    assert settings()["EMAIL_BACKEND"] == "compliance.devup.mailbox.EmailBackend"
    env["EMAIL_URL"] = "smtp://mail.example.com:25"
    assert settings()["EMAIL_BACKEND"].endswith("smtp.EmailBackend")


PROVIDER = {
    "SECRET_KEY": SECRET,
    "DATABASE_URL": DATABASE,
    "EMAIL_PROVIDER": "postmark",
    "EMAIL_EVENTS_SECRET": f"events:{SECRET}",
}


def test_a_provider_sends_where_its_key_is_given_and_its_events_need_a_secret(
    env: Environment,
) -> None:
    env.update(PROVIDER)
    assert settings()["EMAIL_BACKEND"].endswith("filebased.EmailBackend")
    env["EMAIL_PROVIDER_KEY"] = SECRET
    found = settings()
    assert found["EMAIL_BACKEND"] == "anymail.backends.postmark.EmailBackend"
    assert found["ANYMAIL"] == {
        "POSTMARK_SERVER_TOKEN": SECRET,
        "IGNORE_UNSUPPORTED_FEATURES": True,
        "WEBHOOK_SECRET": f"events:{SECRET}",
    }


@pytest.mark.parametrize(
    ("odd", "said"),
    [
        ({"EMAIL_PROVIDER": "pigeon"}, "EMAIL_PROVIDER is none of"),
        ({"EMAIL_EVENTS_SECRET": ""}, "EMAIL_EVENTS_SECRET must be set"),
        ({"EMAIL_EVENTS_SECRET": SECRET}, "name:password"),
        ({"EMAIL_PROVIDER": "", "EMAIL_PROVIDER_KEY": SECRET}, "but not whose"),
        ({"EMAIL_RETURN_PATH": "bounces"}, "is no e-mail address"),
        ({"EMAIL_RETURN_PATH": "bounces+x@a.example"}, "no +"),
        ({"EMAIL_RETURN_PATH": "longer-than-it-may-be@a.example"}, "at most 10 characters"),
    ],
)
def test_odd_settings_of_mail_are_refused(env: Environment, odd: dict[str, str], said: str) -> None:
    env.update(PROVIDER | odd)
    with pytest.raises(ImproperlyConfigured, match=re.escape(said)):
        settings()


def test_the_vault_keeps_what_deletion_needs_of_sqlite(env: Environment) -> None:
    env.update(
        {"SECRET_KEY": SECRET, "DATABASE_URL": DATABASE, "VAULT_URL": "sqlite:///keys/v.sqlite3"}
    )
    options = settings()["DATABASES"]["vault"]["OPTIONS"]
    assert options["transaction_mode"] == "IMMEDIATE"
    assert "secure_delete=ON" in options["init_command"]


def test_only_the_mark_of_up_demo_makes_a_demonstration(env: Environment, tmp_path: Path) -> None:
    env.update({"SECRET_KEY": SECRET, "DATABASE_URL": DATABASE, "DEMO": "true"})
    assert not settings()["DEMO"]
    (tmp_path / "demo").touch()
    assert settings()["DEMO"]


# What `check --deploy` may still say, each with its reason in docs/operations.md.
EXPLAINED = {"vault.W002", "security.W005", "security.W021"}


def test_check_deploy_says_nothing_that_is_not_explained(env: Environment, tmp_path: Path) -> None:
    from retention.vault.providers import create_root_key_file

    create_root_key_file(tmp_path / "root.key")
    env.update(PRODUCTION | {"ROOT_KEY_FILE": str(tmp_path / "root.key"), "VAULT_URL": ""})
    said = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    words = said.stderr.replace("(", " ").replace(")", " ").split()
    found = {word for word in words if word.count(".") == 1 and word[-3:].isdigit()}
    assert said.returncode == 0
    assert found - EXPLAINED == {"vault.W001"}  # a file as the vault of a database elsewhere
    explained = (ROOT / "docs" / "operations.md").read_text()
    assert all(name in explained for name in found | EXPLAINED)
