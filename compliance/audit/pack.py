"""The evidence of a period for an auditor: whole populations, samples drawn from them, and sums
that have to add up. Content is in none of it.

Samples are drawn while the lists are written (reservoir sampling), from one seed that the manifest
names: whoever doubts them draws them again from the same lists.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import IO, Any, Final

from django.db import connection, transaction

from compliance.audit.bundle import Bundle
from compliance.audit.populations import Period, populations, rows, snapshot
from retention.actor import Actor
from retention.ledger.append import Fact, append

SAMPLE: Final = 25
LARGEST_SAMPLE: Final = 500
ABOUT: Final = """\
# Evidence of a period

`population/` holds whole lists, `sample/` some rows of each, drawn at random. `reconciliation.csv`
holds the sums that have to agree; a line that says `no` needs an explanation. All lists are of one
moment. Times are UTC, and the period is whole UTC days.

How a sample was drawn: Python's `random.Random(f"{seed}:{list}")`, seed and names as in
`manifest.json`; the first rows fill the sample, and row n (from 0) then replaces place
`randrange(n + 1)` if that is a place of the sample. `position` is the row's number in the list,
from 1.

A customer counts as ended from the moment at which it began to leave: nothing is taken in from it
any more. `logins` are those that there are now. Erasures on request are not built yet, so there is
no list of them. Check the files with `sha256sum -c SHA256SUMS`.
"""


@dataclass(frozen=True, slots=True)
class Check:
    """Two sums that have to agree."""

    what: str
    left: int
    right: int

    @property
    def agrees(self) -> bool:
        """Whether they do."""
        return self.left == self.right


@dataclass(slots=True)
class _Drawn:
    """A sample in the making."""

    random: Random
    size: int
    rows: list[tuple[int, Sequence[Any]]] = field(default_factory=list)

    def passing(self, source: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
        """The rows as they were, each with its chance."""
        for number, row in enumerate(source):
            if number < self.size:
                self.rows.append((number + 1, row))
            elif (place := self.random.randrange(number + 1)) < self.size:
                self.rows[place] = (number + 1, row)
            yield row


@dataclass(slots=True)
class Sums:
    """What is added up while the lists pass."""

    rows: Counter[str] = field(default_factory=Counter)
    items: Counter[str] = field(default_factory=Counter)
    acts: Counter[str] = field(default_factory=Counter)

    def passing(
        self, name: str, columns: Sequence[str], source: Iterator[Sequence[Any]]
    ) -> Iterator[Sequence[Any]]:
        """Count them, and what they say themselves."""
        adds = {"deletion_records": "items", "day_groups_deleted": "purged"}.get(name)
        at = columns.index(adds) if adds else None
        kind = columns.index("kind") if name == "acts" else None
        begins = None
        if name == "activations_accepted":
            begins = columns.index("given_on"), columns.index("effective_on")
        for row in source:
            self.rows[name] += 1
            if at is not None:
                self.items[name] += int(row[at] or 0)
            if kind is not None:
                self.acts[row[kind]] += 1
            # The version on offer binds at once; one that is to come was accepted along with it.
            if begins and row[begins[0]] == row[begins[1]]:
                self.items[name] += 1
            yield row

    def checks(self) -> Iterator[Check]:
        """Every equation of a period."""
        rows, acts = self.rows, self.acts
        yield Check(
            "customers: at the start + added - ended = at the end",
            rows["customers_start"] + rows["customers_added"] - rows["customers_ended"],
            rows["customers_end"],
        )
        yield Check(
            "customers added = acts that say so",
            rows["customers_added"],
            acts["customer:customer:created"],
        )
        yield Check(
            "customers ended = acts that say so",
            rows["customers_ended"],
            acts["customer:customer:leaving"],
        )
        yield Check(
            "terms accepted = acts that say so",
            rows["terms_accepted"],
            acts["terms:version:accepted"],
        )
        yield Check(
            "items in deletion records = items removed from their day groups",
            self.items["deletion_records"],
            self.items["day_groups_deleted"],
        )
        yield Check(
            "changes given: at the start + given - taken back = at the end",
            rows["activations_start"] + rows["activations_given"] - rows["activations_voided"],
            rows["activations_end"],
        )
        yield Check(
            "changes given = acts that say so",
            rows["activations_given"],
            acts["policy:version:given"],
        )
        yield Check(
            "customers that accepted a version at sign-up = acts that say so",
            self.items["activations_accepted"],
            acts["policy:version:accepted"],
        )


def build(
    period: Period, *, seed: int, sample: int = SAMPLE, by: Actor, now: datetime
) -> tuple[IO[bytes], list[Check]]:
    """The ZIP, open at its beginning, and its checks; that it was made is an act itself."""
    days = {"first": period.first, "last": period.last}
    facts: dict[str, Fact] = {**days, "seed": seed, "sample": sample}
    with Bundle("evidence-of-a-period", made_at=now, facts=facts) as bundle:
        with snapshot():
            checks = _filled(bundle, period, seed, sample)
        spool = bundle.finish()
    with transaction.atomic():
        told = {"seed": str(seed), "actor": by.kind, "actor_id": by.id}
        append("audit:pack:made", now=now, facts={**facts, **told})
    return spool, checks


def _filled(bundle: Bundle, period: Period, seed: int, size: int) -> list[Check]:
    sums = Sums()
    samples: list[tuple[str, Sequence[str], _Drawn]] = []
    for population in populations():
        name = population.name
        drawn = _Drawn(Random(f"{seed}:{name}"), size)
        columns, found = rows(population, period)
        counted = sums.passing(name, columns, drawn.passing(found))
        bundle.add_csv(f"population/{name}.csv", columns, counted, about=population.about)
        samples.append((name, columns, drawn))
    for name, columns, drawn in samples:
        some = [(position, *row) for position, row in sorted(drawn.rows, key=_position)]
        about = f"{len(some)} of {sums.rows[name]} rows of {name}"
        bundle.add_csv(f"sample/{name}.csv", ["position", *columns], some, about=about)
    checks = [*sums.checks(), *_between_tables(period)]
    lines = [(check.what, check.left, check.right, check.agrees) for check in checks]
    head = ["what", "left", "right", "agrees"]
    bundle.add_csv("reconciliation.csv", head, lines, about="sums that have to agree")
    bundle.add_text("README.md", ABOUT, about="what is in here")
    return checks


def _position(drawn: tuple[int, Sequence[Any]]) -> int:
    return drawn[0]


BETWEEN = {
    "deletion records without a signed entry (0)": """
        SELECT count(*) FROM retention_deletionrecord deletion
        JOIN retention_entry entry ON entry.id = deletion.entry_id
        WHERE entry.signed_at IS NULL
            AND deletion.rows_removed_at >= %(first)s AND deletion.rows_removed_at < %(after)s
    """,
    "changes given and standing without a notice that says so (0)": """
        SELECT count(*) FROM retention_activation activation
        WHERE activation.kind = 'noticed' AND activation.voided_at IS NULL
            AND activation.given_on >= %(first)s::date AND activation.given_on < %(after)s::date
            AND NOT EXISTS (
                SELECT FROM compliance_notice WHERE activation_id = activation.id
            )
    """,
    "changes given with fewer full days of notice than promised (0)": """
        SELECT count(*) FROM retention_activation
        WHERE kind = 'noticed' AND effective_on <= given_on + notice_days
    """,
}


def _between_tables(period: Period) -> Iterator[Check]:
    """What must not be there at all."""
    with connection.cursor() as cursor:
        for what, statement in BETWEEN.items():
            cursor.execute(statement, period.bounds())
            yield Check(what, cursor.fetchone()[0], 0)
