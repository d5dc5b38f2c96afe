"""API keys: shown once, recognised in one query, refused once revoked."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from compliance.customers import keys
from compliance.customers.errors import BadEnvironment, NoScope, StaleKey, UnknownKey
from compliance.customers.models import ApiKey, Customer
from retention.actor import SYSTEM, Actor
from retention.ledger.models import Entry


@pytest.fixture
def issue(acme: Customer, now: datetime) -> Callable[..., tuple[ApiKey, str]]:
    def make(*scopes: str, customer: Customer = acme) -> tuple[ApiKey, str]:
        return keys.issue_key(customer, scopes or ("ingest",), label="backend", by=SYSTEM, now=now)

    return make


Issue = Callable[..., tuple[ApiKey, str]]


def test_the_token_is_made_of_prefix_and_a_long_secret(issue: Issue) -> None:
    key, token = issue()
    match = re.fullmatch(r"sg_([a-z2-7]{8})_([A-Za-z0-9_-]{43})", token)
    assert match
    assert match[1] == key.prefix


def test_neither_token_nor_secret_is_kept_anywhere(issue: Issue) -> None:
    _key, token = issue()
    secret = token.split("_", 2)[2]
    with connection.cursor() as cursor:
        for table in ("compliance_apikey", "auditlog_logentry", "retention_entry"):
            cursor.execute(f"SELECT count(*) FROM {table} t WHERE t::text LIKE %s", [f"%{secret}%"])
            assert cursor.fetchone() == (0,)


def test_the_hash_is_not_the_token_and_stands_in_no_list_of_changes(issue: Issue) -> None:
    key, token = issue()
    assert key.secret_hash not in token
    assert token not in key.secret_hash
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM auditlog_logentry t WHERE t::text LIKE %s",
            [f"%{key.secret_hash}%"],
        )
        assert cursor.fetchone() == (0,)


def test_it_recognises_a_token_with_its_customer_in_one_query(
    issue: Issue, acme: Customer, django_assert_num_queries: Callable[[int], object]
) -> None:
    key, token = issue()
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        found = keys.authenticate(token)
        assert (found, found.customer) == (key, acme)


def test_p15_a_key_leads_to_its_own_customer_alone(issue: Issue, borealis: Customer) -> None:
    _key, token = issue(customer=borealis)
    issue()
    assert keys.authenticate(token).customer == borealis


def test_p15_the_secret_of_one_key_does_not_open_another(issue: Issue, borealis: Customer) -> None:
    _ours, ours = issue()
    theirs, _theirs = issue(customer=borealis)
    with pytest.raises(UnknownKey):
        keys.authenticate(f"sg_{theirs.prefix}_{ours.split('_', 2)[2]}")


NONSENSE = ["", "sg_", "sg__", "Bearer x", "sg_abcdefgh_", "sg_ABCDEFGH_x", "sg_abcdefgh_\x00",
            "sg_abcdefgh_é", "sg_abcdefgh_x\n", "sg_" + "a" * 10_000, "\ud800"]  # fmt: skip


@pytest.mark.parametrize("token", NONSENSE)
def test_nonsense_is_refused_before_the_database_is_asked(token: str) -> None:
    with pytest.raises(UnknownKey):
        keys.authenticate(token)  # no database in this test


def test_an_unknown_prefix_and_a_wrong_secret_are_refused_alike(issue: Issue) -> None:
    key, _token = issue()
    for token in (f"sg_{key.prefix}_{'x' * 43}", f"sg_aaaaaaaa_{'x' * 43}"):
        with pytest.raises(UnknownKey) as refusal:
            keys.authenticate(token)
        assert refusal.value.code == "unknown_key"


def test_a_revoked_key_is_refused_from_then_on(issue: Issue, now: datetime) -> None:
    key, token = issue()
    keys.revoke(key, by=SYSTEM, now=now)
    with pytest.raises(UnknownKey):
        keys.authenticate(token)


def test_it_is_revoked_once(issue: Issue, now: datetime) -> None:
    key, _token = issue()
    stale = ApiKey.objects.get(pk=key.pk)
    keys.revoke(key, by=SYSTEM, now=now)
    with pytest.raises(StaleKey):
        keys.revoke(stale, by=SYSTEM, now=now + timedelta(hours=1))
    key.refresh_from_db()
    assert key.revoked_at == now
    assert Entry.objects.filter(kind="customer:key:revoked").count() == 1


def test_issuing_and_revoking_stand_in_the_log_with_who_did_it(issue: Issue, now: datetime) -> None:
    key, _token = issue("ingest")
    officer = Actor("user", uuid4())
    keys.revoke(key, by=officer, now=now)
    issued, revoked = Entry.objects.filter(kind__startswith="customer:key:").order_by("pk")
    assert issued.facts["key"] == revoked.facts["key"] == str(key.pk)
    assert issued.facts["actor"] == "system"
    assert revoked.facts["actor_id"] == str(officer.id)


@pytest.mark.parametrize("scopes", [[], ["admin"], ["ingest", "delete"]])
def test_a_key_may_send_read_or_both_and_nothing_else(
    acme: Customer, now: datetime, scopes: list[str]
) -> None:
    with pytest.raises(NoScope):
        keys.issue_key(acme, scopes, label="x", by=SYSTEM, now=now)
    assert not ApiKey.objects.exists()


def test_its_scopes_are_what_was_asked_for(issue: Issue) -> None:
    assert issue("ingest")[0].scopes == {"ingest"}
    assert issue("read")[0].scopes == {"read"}
    assert issue("read", "ingest")[0].scopes == {"ingest", "read"}


@pytest.mark.parametrize("environment", ["", "Production", "a b", "-x", "x" * 33, "prod\n"])
def test_an_environment_is_a_short_word(acme: Customer, now: datetime, environment: str) -> None:
    with pytest.raises(BadEnvironment):
        keys.issue_key(acme, ["read"], label="x", environment=environment, by=SYSTEM, now=now)


def test_its_use_is_noted_once_an_hour(
    issue: Issue, now: datetime, django_assert_num_queries: Callable[[int], object]
) -> None:
    key, token = issue()
    keys.note_use(key, now=now)
    used = keys.authenticate(token)
    assert used.last_used_at == now
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        keys.note_use(used, now=now + timedelta(minutes=59))
    keys.note_use(used, now=now + timedelta(hours=1))
    assert keys.authenticate(token).last_used_at == now + timedelta(hours=1)


ATTACKS = {
    "no scope": "may_ingest = false, may_read = false",
    "other scopes": "may_read = true",
    "another customer": "customer_id = '00000000-0000-0000-0000-000000000000'",
    "a known secret": "secret_hash = repeat('0', 64)",
    "a token instead of its hash": "secret_hash = 'sg_abcdefgh_secret'",
    "another prefix": "prefix = 'aaaaaaaa'",
    "another beginning": "created_at = created_at - interval '1 day'",
    "an odd environment": "environment = 'Production!'",
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS)
def test_raw_sql_cannot_change_an_issued_key(issue: Issue, attack: str) -> None:
    issue()
    with (
        pytest.raises(IntegrityError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE compliance_apikey SET {attack}")


@pytest.mark.parametrize(
    "attack", ["revoked_at = NULL", "revoked_at = revoked_at + interval '1 y'"]
)
def test_raw_sql_cannot_make_a_revoked_key_valid_again(
    issue: Issue, now: datetime, attack: str
) -> None:
    key, _token = issue()
    keys.revoke(key, by=SYSTEM, now=now)
    with (
        pytest.raises(IntegrityError, match="stays revoked"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(f"UPDATE compliance_apikey SET {attack}")


def test_raw_sql_cannot_insert_a_key_that_may_do_nothing(acme: Customer, now: datetime) -> None:
    with (
        pytest.raises(IntegrityError, match="apikey_has_a_scope"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(
            "INSERT INTO compliance_apikey (id, customer_id, label, environment, may_ingest,"
            " may_read, prefix, secret_hash, created_at) VALUES"
            " (%s, %s, 'x', 'production', false, false, 'abcdefgh', repeat('0', 64), %s)",
            [uuid4(), acme.pk, now],
        )
