"""A ZIP of lists that says itself what is in it: with a manifest, counts and hashes.

Files come from iterators and go straight to a nameless file on disk, so that neither a long list
nor many of them need memory. Whoever got the ZIP checks it with `sha256sum -c SHA256SUMS`; the
manifest says besides how many rows each list has and what it is about.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import IO, Any, Generic, Self, TypeVar
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import orjson

from compliance.audit.tables import csv_pieces, jsonl_pieces

FORMAT = "sandglass-bundle/1"
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
# Lower-case names without a way out of the folder into which somebody unpacks them.
PATH = re.compile(r"(?:[a-z0-9][a-z0-9_-]*/)*[A-Za-z0-9][A-Za-z0-9_-]*(?:\.[a-z0-9]+)+")
# More of it costs three times the processor's time for a tenth less of bytes.
COMPRESSION = 1
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Member:
    """A file of the bundle. `rows`: of a list, without its head; None of a text."""

    path: str
    about: str
    rows: int | None
    bytes: int
    sha256: str


class Bundle:
    """Files are added, then it is finished and read. Leaving the block without that drops it.

    `name` and `facts` stand in the manifest: what it is, of which period, for whom.
    """

    def __init__(self, name: str, *, made_at: datetime, facts: Mapping[str, object]) -> None:
        self._name, self._made_at, self._facts = name, made_at.astimezone(UTC), facts
        # Closed by whoever takes it from `finish`, or at the end of the block.
        self._spool: IO[bytes] = tempfile.TemporaryFile()  # noqa: SIM115
        self._zip = ZipFile(self._spool, "w", ZIP_DEFLATED, compresslevel=COMPRESSION)
        self._finished = False
        self.members: list[Member] = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._finished:
            self._zip.close()
            self._spool.close()

    def add_csv(
        self, path: str, columns: Sequence[str], rows: Iterable[Sequence[object]], *, about: str
    ) -> Member:
        """A list for people; formulas are escaped."""
        counted = _Counted(rows)
        return self._add(path, csv_pieces(columns, counted), about, counted)

    def add_jsonl(self, path: str, rows: Iterable[Mapping[str, object]], *, about: str) -> Member:
        """A list for programs."""
        counted = _Counted(rows)
        return self._add(path, jsonl_pieces(counted), about, counted)

    def add_text(self, path: str, text: str, *, about: str) -> Member:
        """A page to read."""
        return self._add(path, [text.encode()], about)

    def add_bytes(self, path: str, pieces: Iterable[bytes], *, about: str) -> Member:
        """A file as it is."""
        return self._add(path, pieces, about)

    def finish(self) -> IO[bytes]:
        """Add manifest and sums, and give the ZIP, open at its beginning; closing it drops it."""
        manifest = {
            "format": FORMAT,
            "name": self._name,
            "made_at": self._made_at,
            **self._facts,
            "files": [asdict(member) for member in self.members],
        }
        # Plain values only: a fact that JSON does not know is a mistake of ours.
        self._add(MANIFEST, [orjson.dumps(manifest, option=_OPTIONS)], "this list")
        sums = "".join(f"{member.sha256}  {member.path}\n" for member in self.members)
        self._add(SUMS, [sums.encode()], "for sha256sum -c")
        self._zip.close()
        self._finished = True
        self._spool.seek(0)
        return self._spool

    def _add(
        self, path: str, pieces: Iterable[bytes], about: str, counted: _Counted[Any] | None = None
    ) -> Member:
        if path != SUMS and not PATH.fullmatch(path):
            raise ValueError(f"{path!r} is no path within a bundle.")
        if path in {member.path for member in self.members}:
            raise ValueError(f"{path!r} is in the bundle already.")
        info = ZipInfo(path, date_time=self._made_at.timetuple()[:6])
        info.compress_type = ZIP_DEFLATED
        # Readable for whoever unpacks it; a file of ZipInfo's own would be for nobody.
        info.external_attr = 0o644 << 16
        digest, size = sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as file:
            for piece in pieces:
                digest.update(piece)
                size += len(piece)
                file.write(piece)
        rows = counted.count if counted else None
        self.members.append(Member(path, about, rows, size, digest.hexdigest()))
        return self.members[-1]


class _Counted(Generic[Row]):
    """Rows that are counted while they pass."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = rows
        self.count = 0

    def __iter__(self) -> Iterator[Row]:
        for row in self._rows:
            self.count += 1
            yield row


_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_UTC_Z | orjson.OPT_APPEND_NEWLINE
