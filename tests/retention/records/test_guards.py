"""The promises in the database itself: what the application role may not do to cells, by SQL."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest

from retention.actor import SYSTEM
from retention.policies import publish
from retention.policies import queries as policies
from retention.policies.rules import DataClass, Profile
from retention.records import cells
from retention.vault import keys as vault
from tests.cast import SINCE
from tests.factories.exchanges import NOON
from tests.retention.records.raw import cell, refused, run

DAY = NOON.date()
END = date(2027, 5, 22)
STATES = ["open", "sealed", "purging", "shredded", "purged"]
CELL = "WHERE data_class = 'response'"


pytestmark = pytest.mark.django_db


@pytest.fixture
def stored(db: None, monkeypatch: pytest.MonkeyPatch) -> UUID:
    """A customer with a response cell that counts one record; no vault is asked for its key."""
    monkeypatch.setattr(vault, "make", lambda *_, **__: None)
    customer = uuid4()
    publish.accept(customer, profile=Profile.STANDARD, by=SYSTEM, now=SINCE)
    name = cells.CellName(customer, DAY, DataClass.RESPONSE, 0)
    made = cells.ensure(customer, [name], terms=policies.terms(customer), now=NOON)
    cells.acknowledge(customer, {made[name].key: 1}, today=DAY)
    run("SET CONSTRAINTS ALL IMMEDIATE")
    return customer


def bring_to(state: str) -> None:
    """The response cell, step by step, with what each step needs."""
    [(entry,)] = run("SELECT min(id) FROM retention_entry")
    for step in STATES[1 : STATES.index(state) + 1]:
        if step == "purged":
            finish(entry)
        else:
            intent = None if step == "sealed" else entry
            run(f"UPDATE retention_cell SET state = %s, intent_id = %s {CELL}", step, intent)


def finish(entry: int) -> None:
    record, sweep = uuid4(), uuid4()
    run(
        "INSERT INTO retention_sweeprun (id, started_at, sealed, shredded, purged, records,"
        " days_dropped, blocked) VALUES (%s, %s, 0, 0, 0, 0, 0, 0)",
        sweep,
        NOON,
    )
    run(
        "INSERT INTO retention_deletionrecord (id, customer_id, clock_day, run_id, kind, counts,"
        " keys_destroyed_at, rows_removed_at, entry_id)"
        " SELECT %s, customer_id, clock_day, %s, 'expiry', '{}', %s, %s, %s FROM retention_cell"
        f" {CELL}",
        record,
        sweep,
        NOON,
        NOON,
        entry,
    )
    run(
        "UPDATE retention_cell SET state = 'purged', purged = acknowledged, deletion_id = %s,"
        f" shredded_at = %s {CELL}",
        record,
        NOON,
    )


@pytest.mark.parametrize("later", [1, 30])
def test_p3_a_deletion_date_never_moves_later(stored: UUID, later: int) -> None:
    run(f"UPDATE retention_cell SET expires_on = %s {CELL}", END - timedelta(days=60))
    refused(
        "cell_expires_on",
        f"UPDATE retention_cell SET expires_on = expires_on + %s {CELL}",
        later,
    )


def test_p3_a_deletion_date_may_move_earlier(stored: UUID) -> None:
    run(f"UPDATE retention_cell SET expires_on = %s {CELL}", DAY + timedelta(days=1))
    assert cell(stored, DAY, DataClass.RESPONSE).expires_on == DAY + timedelta(days=1)


def test_p3_no_cell_is_kept_for_more_than_six_months(stored: UUID) -> None:
    refused("cell_ceiling", f"UPDATE retention_cell SET expires_on = %s {CELL}", date(2027, 5, 23))
    copy = (
        "INSERT INTO retention_cell (id, customer_id, clock_day, data_class, retain_days,"
        " version_id, expires_on, state, blocked, generation, acknowledged, delivered, erased,"
        " held, purged, created_at) SELECT %s, customer_id, %s, data_class, 7, version_id, %s,"
        f" 'open', '', 1, 0, 0, 0, 0, 0, created_at FROM retention_cell {CELL}"
    )
    refused("cell_ceiling", copy, uuid4(), date(2026, 8, 31), date(2027, 3, 1))
    run(copy, uuid4(), date(2026, 8, 31), date(2027, 2, 28))


FORWARD = [(a, b) for a in STATES for b in STATES if STATES.index(b) == STATES.index(a) + 1]


@pytest.mark.parametrize(
    ("state", "wanted"),
    [(a, b) for a in STATES for b in [*STATES, "other"] if a != b and (a, b) not in FORWARD],
)
def test_a_state_never_goes_back_and_never_skips(stored: UUID, state: str, wanted: str) -> None:
    bring_to(state)
    [(entry,)] = run("SELECT min(id) FROM retention_entry")
    refused(
        "cell_",
        f"UPDATE retention_cell SET state = %s, intent_id = %s {CELL}",
        wanted,
        entry,
    )


def test_states_go_forward_one_by_one(stored: UUID) -> None:
    bring_to("purged")
    assert cell(stored, DAY, DataClass.RESPONSE).state == "purged"


def test_nothing_passes_the_point_of_no_return_without_an_entry(stored: UUID) -> None:
    bring_to("sealed")
    refused("cell_intent", f"UPDATE retention_cell SET state = 'purging' {CELL}")


@pytest.mark.parametrize("column", ["intent_id", "deletion_id", "shredded_at"])
def test_the_evidence_of_a_destruction_stays_with_its_cell(stored: UUID, column: str) -> None:
    bring_to("purged")
    refused("cell_evidence", f"UPDATE retention_cell SET {column} = NULL {CELL}")


def test_the_entry_of_an_intent_is_not_exchanged(stored: UUID) -> None:
    bring_to("purging")
    [(other,)] = run("SELECT max(id) + 1 FROM retention_entry")
    run(
        "INSERT INTO retention_entry (id, kind, facts, created_at)"
        " VALUES (%s, 'expiry:cells:purging', '{}', %s)",
        other,
        NOON,
    )
    refused("cell_evidence", f"UPDATE retention_cell SET intent_id = %s {CELL}", other)


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("id", UUID(int=1)),
        ("customer_id", UUID(int=1)),
        ("clock_day", DAY - timedelta(days=1)),
        ("clock_day", DAY + timedelta(days=1)),
        ("data_class", "evaluation"),
        ("retain_days", 5),
    ],
)
def test_a_cell_never_changes_what_it_is_about(stored: UUID, column: str, value: object) -> None:
    refused("cell_", f"UPDATE retention_cell SET {column} = %s {CELL}", value)


@pytest.mark.parametrize(
    "change",
    [
        "acknowledged = acknowledged - 1",
        "generation = generation - 1",
        "generation = 0",
        "delivered = -1",
        "delivered = acknowledged + 1",
        "erased = acknowledged, purged = 1",
        "held = 1, delivered = 1",
        "retain_days = 185",
        "data_class = 'other'",
    ],
)
def test_counts_that_do_not_add_up_are_refused(stored: UUID, change: str) -> None:
    refused("cell_", f"UPDATE retention_cell SET {change} {CELL}")


@pytest.mark.parametrize("state", ["purging", "shredded", "purged"])
def test_after_the_point_of_no_return_nothing_more_is_acknowledged(
    stored: UUID, state: str
) -> None:
    bring_to(state)
    refused("cell_counts", f"UPDATE retention_cell SET acknowledged = acknowledged + 1 {CELL}")


@pytest.mark.parametrize("missing", ["purged", "deletion_id", "shredded_at"])
def test_nothing_is_called_deleted_that_does_not_add_up(stored: UUID, missing: str) -> None:
    bring_to("shredded")
    [(entry,)] = run("SELECT min(id) FROM retention_entry")
    values = {
        "purged": "acknowledged",
        "deletion_id": "gen_random_uuid()",
        "shredded_at": "created_at",
    }
    changes = ", ".join(f"{name} = {value}" for name, value in values.items() if name != missing)
    assert entry
    refused("cell_purged_adds_up", f"UPDATE retention_cell SET state = 'purged', {changes} {CELL}")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM retention_cell",
        "TRUNCATE retention_cell CASCADE",
        "DELETE FROM retention_deletionrecord",
        "UPDATE retention_deletionrecord SET counts = '{}'",
        "TRUNCATE retention_deletionrecord CASCADE",
    ],
)
def test_cells_and_deletion_records_stay(stored: UUID, statement: str) -> None:
    bring_to("purged")
    refused("is refused", statement)


def test_the_same_promise_has_one_cell(stored: UUID) -> None:
    refused(
        "cell_one_for_each_promise",
        "INSERT INTO retention_cell (id, customer_id, clock_day, data_class, retain_days,"
        " version_id, expires_on, state, blocked, generation, acknowledged, delivered, erased,"
        " held, purged, created_at) SELECT %s, customer_id, clock_day, data_class, retain_days,"
        " version_id, expires_on, 'open', '', 1, 0, 0, 0, 0, 0, created_at FROM retention_cell"
        f" {CELL}",
        uuid4(),
    )


def test_there_is_no_partition_for_days_out_of_the_window(stored: UUID) -> None:
    for day in (date(2020, 1, 1), date(2040, 1, 1)):
        refused(
            "no partition",
            "INSERT INTO retention_record (customer_id, clock_day, id) VALUES (%s, %s, %s)",
            stored,
            day,
            stored,
        )


def test_the_table_of_records_has_no_triggers_and_no_foreign_keys(stored: UUID) -> None:
    assert (
        run(
            "SELECT 1 FROM pg_trigger"
            " WHERE tgrelid::regclass::text ~ '^retention_record(_[0-9]{8})?$'"
        )
        == []
    )
    assert (
        run(
            "SELECT 1 FROM pg_constraint WHERE contype = 'f' AND"
            " 'retention_record'::regclass IN (conrelid, confrelid)"
        )
        == []
    )


def test_the_customer_comes_first_in_every_unique_key_of_records(stored: UUID) -> None:
    keys = run(
        "SELECT pg_get_indexdef(indexrelid) FROM pg_index"
        " WHERE indrelid = 'retention_record'::regclass"
    )
    assert keys
    assert all("(customer_id, clock_day" in definition for (definition,) in keys)
