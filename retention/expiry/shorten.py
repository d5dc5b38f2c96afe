"""Deletion dates of what was kept before move to an earlier day, when a shorter rule takes effect.

Danger: what is moved to today or before is destroyed by the deletion run that follows; a date that
was moved cannot be moved back (trigger). Principle: nothing is decided here. The date of a cell is
what the same pure rules say that made it, asked again with everything in force today; so a cell
that was made early and moved has the date of one that is made late. What was voided or withdrawn
meanwhile is not in force and moves nothing, and a version that does not say any more what was
approved is not applied. Boundary: a customer's cells in chunks, in key order, each chunk one
transaction with its entry in the log; the last one looks at all of them again, while no cell of
that customer can be made, and says `applied_at`. Killed between two, the next run begins the
customer anew: what was moved is found moved. Delay: this runs inside the deletion run, behind its
guard on the host's clock, and on no day before the database's own. Not guaranteed: the first
minute of the day; until a customer's turn has come its cells keep their later date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction
from psycopg import errors

from retention.errors import ContentChanged
from retention.expiry.moves import Cell, Moved, changes, live_cells, summed
from retention.ledger.append import append
from retention.policies import content, queries
from retention.policies.models import PolicyVersion
from retention.policies.queries import Terms

log = structlog.get_logger("retention.expiry")
CHUNK = 500

# Who accepted at sign-up had nothing that could move.
SIGN_UPS = """
    UPDATE retention_activation SET applied_at = %(now)s
    WHERE kind = 'accepted' AND effective_on = given_on AND voided_at IS NULL
        AND applied_at IS NULL AND effective_on <= least(%(today)s, retention_database_day())
"""
DUE_VERSIONS = """
    SELECT DISTINCT version_id FROM retention_activation
    WHERE voided_at IS NULL AND applied_at IS NULL AND effective_on <= %s
"""
WAITING = """
    SELECT customer_id FROM (SELECT customer_id FROM retention_activation
    WHERE voided_at IS NULL AND applied_at IS NULL
        AND effective_on <= least(%(today)s, retention_database_day())
    UNION SELECT customer_id FROM retention_stay
    WHERE applied_at IS NULL AND first_day <= least(%(today)s, retention_database_day())
    UNION SELECT customer_id FROM retention_profilechoice
    WHERE applied_at IS NULL AND first_day <= least(%(today)s, retention_database_day())) waiting
    WHERE NOT EXISTS (SELECT 1 FROM retention_activation told
        WHERE told.customer_id = waiting.customer_id AND told.version_id = ANY(%(refused)s)
            AND told.voided_at IS NULL)
    ORDER BY 1
"""
# What takes effect for one customer, held so that nobody voids or applies it meanwhile.
ACTIVATIONS = """
    SELECT act.id, version.number FROM retention_activation act
    JOIN retention_policyversion version ON version.id = act.version_id
    WHERE act.customer_id = %(customer)s AND act.voided_at IS NULL AND act.applied_at IS NULL
        AND NOT (act.kind = 'accepted' AND act.effective_on = act.given_on)
        AND act.effective_on <= least(%(today)s, retention_database_day())
    ORDER BY act.id FOR UPDATE OF act
"""
STAYS = """
    SELECT stay.id, version.number FROM retention_stay stay
    JOIN retention_policyversion version ON version.id = stay.kept_id
    WHERE stay.customer_id = %(customer)s AND stay.applied_at IS NULL
        AND stay.first_day <= least(%(today)s, retention_database_day())
    ORDER BY stay.id FOR UPDATE OF stay
"""
CHOICES = """
    SELECT id, profile FROM retention_profilechoice
    WHERE customer_id = %(customer)s AND applied_at IS NULL
        AND first_day <= least(%(today)s, retention_database_day())
    ORDER BY id FOR UPDATE
"""
LOCK = """
    SELECT id FROM retention_cell WHERE id = ANY(%s) AND state IN ('open', 'sealed')
    ORDER BY id FOR NO KEY UPDATE
"""
MOVE = """
    UPDATE retention_cell cell SET expires_on = moved.day
    FROM unnest(%s::uuid[], %s::date[]) AS moved(id, day)
    WHERE cell.id = moved.id AND cell.state IN ('open', 'sealed') AND cell.expires_on > moved.day
    RETURNING cell.id
"""


@dataclass(frozen=True, slots=True)
class Causes:
    """What takes effect for a customer and was not applied yet: ids, and what the log says."""

    activations: Sequence[tuple[int, int]]
    stays: Sequence[tuple[int, int]]
    choices: Sequence[tuple[int, str]]

    def __bool__(self) -> bool:
        return bool(self.activations or self.stays or self.choices)


def apply_due(today: date, now: datetime) -> Moved:
    """Everything that takes effect by `today`, for every customer that waits for it.

    What fails for one customer keeps no other from it; the first failure is raised at the end.
    """
    parameters: dict[str, Any] = {"today": today, "now": now, "refused": _refused(today)}
    with connection.cursor() as cursor:
        cursor.execute(SIGN_UPS, parameters)
        cursor.execute(WAITING, parameters)
        waiting = [customer for (customer,) in cursor.fetchall()]
    moved, failures = Moved(), []
    for customer in waiting:
        try:
            moved.add(apply_to(customer, today=today, now=now))
        except Exception as error:
            # Told at the end: the others' turn comes first.
            failures.append(error)
    if waiting:
        log.info("policy_applied", customers=len(waiting), cells=moved.cells, items=moved.items)
    if failures:
        raise failures[0]
    return moved


def apply_to(customer: UUID, *, today: date, now: datetime) -> Moved:
    """Move this customer's cells. A cell that somebody holds for 2 s: the next run goes on."""
    moved = Moved()
    try:
        for chunk in _chunks(customer, today):
            moved.add(_move_chunk(customer, chunk, today, now))
        moved.add(_finish(customer, today, now))
    except OperationalError as error:
        if not isinstance(error.__cause__, errors.LockNotAvailable):
            raise
        log.warning("policy_waits_for_writers", cells=moved.cells)
    return moved


def _chunks(customer: UUID, today: date) -> Iterator[list[Cell]]:
    """Only where there are many: few are moved by the last step alone."""
    chunk = live_cells(customer, limit=CHUNK)
    while len(chunk) == CHUNK:
        yield chunk
        chunk = live_cells(customer, after=chunk[-1].id, limit=CHUNK)


@transaction.atomic
def _move_chunk(customer: UUID, chunk: Sequence[Cell], today: date, now: datetime) -> Moved:
    today = queries.no_later_than_the_database(today)
    causes = _causes(customer, today)
    if not causes:
        return Moved()
    moved = _move(chunk, queries.terms(customer), today)
    if moved.cells:
        _log(customer, causes, moved, now, done=False)
    return moved


@transaction.atomic
def _finish(customer: UUID, today: date, now: datetime) -> Moved:
    queries.keep_terms(customer, alone=True)
    today = queries.no_later_than_the_database(today)
    causes = _causes(customer, today)
    if not causes:
        return Moved()
    moved = _move(live_cells(customer), queries.terms(customer), today)
    _say_applied(causes, now)
    _log(customer, causes, moved, now, done=True)
    return moved


def _causes(customer: UUID, today: date) -> Causes:
    """Lock what takes effect, so that nobody voids or applies it meanwhile."""
    found = []
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '2s'")
        for statement in (ACTIVATIONS, STAYS, CHOICES):
            cursor.execute(statement, {"customer": customer, "today": today})
            found.append(cursor.fetchall())
    return Causes(*found)


def _move(cells: Iterable[Cell], terms: Terms, today: date) -> Moved:
    moves = {cell.id: (cell, day) for cell, day in changes(cells, terms, today)}
    if not moves:
        return Moved()
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(moves)])
        cursor.execute(MOVE, [list(moves), [day for _, day in moves.values()]])
        return summed((moves[identifier] for (identifier,) in cursor.fetchall()), today)


def _say_applied(causes: Causes, now: datetime) -> None:
    tables = {"activation": causes.activations, "stay": causes.stays,
              "profilechoice": causes.choices}  # fmt: skip
    with connection.cursor() as cursor:
        for table, rows in tables.items():
            cursor.execute(
                f"UPDATE retention_{table} SET applied_at = %s WHERE id = ANY(%s)",
                [now, [identifier for identifier, _ in rows]],
            )


def _log(customer: UUID, causes: Causes, moved: Moved, now: datetime, *, done: bool) -> None:
    by_version = causes.activations or causes.stays
    append(
        "policy:version:applied" if by_version else "policy:profile:applied",
        now=now,
        customer=customer,
        facts={
            "versions": sorted({number for _, number in (*causes.activations, *causes.stays)}),
            "profiles": sorted({profile for _, profile in causes.choices}),
            "cells": moved.cells,
            "items": moved.items,
            "by_class": dict(moved.by_class),
            "due_at_once": moved.due,
            "done": done,
        },
    )


def _refused(today: date) -> list[int]:
    """Versions that do not say what was approved: they move nothing, and an alarm says so."""
    with connection.cursor() as cursor:
        cursor.execute(DUE_VERSIONS, [today])
        due = [version for (version,) in cursor.fetchall()]
    refused = []
    for version in PolicyVersion.objects.filter(pk__in=due):
        try:
            content.check(version)
        except ContentChanged:
            log.error("policy_content_changed", version=version.number)
            refused.append(version.pk)
    return refused
