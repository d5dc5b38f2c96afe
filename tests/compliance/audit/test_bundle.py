"""A ZIP that says itself what is in it, made from iterators."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import tracemalloc
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID
from zipfile import ZipFile

import pytest

from compliance.audit.bundle import Bundle
from compliance.audit.tables import BOM, cell, csv_pieces, jsonl_pieces

MADE = datetime(2026, 11, 22, 10, tzinfo=UTC)


def read(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


@pytest.fixture
def archive() -> Iterator[ZipFile]:
    with Bundle("customers", made_at=MADE, facts={"to": date(2026, 11, 22)}) as bundle:
        bundle.add_csv("lists/customers.csv", ["name", "days"], [("Acme", 30)], about="all")
        bundle.add_jsonl("lists/acts.jsonl", iter([{"act": "x"}, {"act": "y"}]), about="acts")
        bundle.add_text("README.md", "Hello.", about="to read")
        with bundle.finish() as spool, ZipFile(spool) as opened:
            yield opened


def test_every_file_is_in_the_manifest_with_rows_bytes_and_hash(archive: ZipFile) -> None:
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["format"] == "sandglass-bundle/1"
    assert manifest["name"] == "customers"
    assert manifest["made_at"] == "2026-11-22T10:00:00Z"
    assert manifest["to"] == "2026-11-22"
    files = {file["path"]: file for file in manifest["files"]}
    assert {path: file["rows"] for path, file in files.items()} == {
        "lists/customers.csv": 1,
        "lists/acts.jsonl": 2,
        "README.md": None,
    }
    assert all(len(archive.read(path)) == file["bytes"] for path, file in files.items())


def test_the_sums_are_what_sha256sum_checks(archive: ZipFile, tmp_path: Path) -> None:
    archive.extractall(tmp_path)
    ask = ["sha256sum", "--check", "--strict", "SHA256SUMS"]
    told = subprocess.run(ask, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert told.returncode == 0, told.stderr
    assert told.stdout.count(": OK") == 4
    (tmp_path / "lists/customers.csv").write_text("forged")
    assert subprocess.run(ask, cwd=tmp_path, capture_output=True, check=False).returncode == 1


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "=cmd|' /C calc'!A0"]
)
def test_a_formula_becomes_text(text: str) -> None:
    written = b"".join(csv_pieces(["name"], [(text,)]))
    assert read(written)[1] == ["'" + text]


def test_numbers_dates_and_ids_stay_what_they_are() -> None:
    identifier = UUID(int=7)
    row = (-3, None, True, False, date(2026, 1, 2), MADE, identifier, {"a": 1}, [1, 2], "Zoë, “Ü”")
    written = b"".join(csv_pieces(list("abcdefghij"), [row]))
    assert written.startswith(BOM)
    assert read(written)[1] == [
        "-3", "", "yes", "no", "2026-01-02", "2026-11-22T10:00:00Z", str(identifier),
        '{"a":1}', "[1,2]", "Zoë, “Ü”",
    ]  # fmt: skip
    assert cell("a\ud800") == "a\ud800"
    assert b"".join(csv_pieces(["a"], [("a\ud800",)])).endswith(b"a?\r\n")


def test_lines_within_a_value_stay_within_it() -> None:
    written = b"".join(csv_pieces(["a", "b"], [('one\ntwo, "three"', "x")]))
    assert read(written)[1] == ['one\ntwo, "three"', "x"]


def test_jsonl_has_an_object_a_line() -> None:
    rows = [{"at": MADE, "id": UUID(int=1), "text": "a\nb"}, {"at": None}]
    lines = b"".join(jsonl_pieces(rows)).splitlines()
    assert [json.loads(line) for line in lines] == [
        {"at": "2026-11-22T10:00:00Z", "id": str(UUID(int=1)), "text": "a\nb"},
        {"at": None},
    ]


@pytest.mark.parametrize(
    "path", ["../x.csv", "/etc/x.csv", "a/../x.csv", "a\\x.csv", "x", "", "a//x.csv", ".x.csv"]
)
def test_no_path_leads_out_of_the_folder_in_which_it_is_unpacked(path: str) -> None:
    with (
        Bundle("x", made_at=MADE, facts={}) as bundle,
        pytest.raises(ValueError, match="no path"),
    ):
        bundle.add_text(path, "x", about="x")


def test_no_path_is_given_twice() -> None:
    with Bundle("x", made_at=MADE, facts={}) as bundle:
        bundle.add_text("a.txt", "x", about="x")
        with pytest.raises(ValueError, match="already"):
            bundle.add_text("a.txt", "y", about="x")


def test_a_list_that_breaks_half_way_leaves_nothing() -> None:
    def broken() -> Iterator[tuple[str]]:
        yield ("one",)
        raise OSError

    bundle = Bundle("x", made_at=MADE, facts={})
    with pytest.raises(OSError), bundle:
        bundle.add_csv("a.csv", ["a"], broken(), about="x")
    assert bundle._spool.closed


def test_a_long_list_needs_no_memory() -> None:
    rows = ((number, "a name of some length", MADE) for number in range(100_000))
    tracemalloc.start()
    with Bundle("x", made_at=MADE, facts={}) as bundle:
        bundle.add_csv("a.csv", ["a", "b", "c"], rows, about="x")
        bundle.finish().close()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2_000_000
