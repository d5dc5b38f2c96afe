"""What `/proc` says, against work of known size."""

from __future__ import annotations

import os
import subprocess
import sys

from compliance.bench import measure
from compliance.bench.report import Report, lines

BURN = "import time\nwhile time.process_time() < 0.5: pass\nprint(flush=True)\ninput()"


def test_cpu_of_a_child_counts_while_it_lives_and_after_it_was_waited_for() -> None:
    before = measure.cpu_of([os.getpid()])
    with subprocess.Popen(
        [sys.executable, "-c", BURN], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as child:
        assert child.stdout is not None
        child.stdout.readline()
        # Counted in ticks of 10 ms, rounded down.
        assert measure.cpu_of([child.pid]) >= 0.4
        assert child.pid in [process.pid for process in measure.trees([os.getpid()])]
        child.communicate(b"\n")
    assert measure.cpu_of([os.getpid()]) - before >= 0.4


def test_memory_of_a_process_is_in_megabytes_and_its_share_is_no_more_than_all() -> None:
    found = measure.memory_of(os.getpid())
    assert 1 < found["Pss"] <= found["Rss"] < 10_000


def test_a_process_name_may_hold_brackets_and_spaces() -> None:
    fields = " ".join(["S", "7", *["0"] * 9, "100", "20", "3", "4", *["0"] * 30])
    found = measure._parsed(f"42 (a (b) c) {fields}")
    assert (found.pid, found.parent) == (42, 7)
    assert found.cpu == 127 / measure.TICKS


def test_a_report_tells_median_and_whether_its_targets_were_met() -> None:
    report = Report("ingest", 1)
    assert report.add("rate", "records/s", [3.0, 1.0, 20_000.0]) == 3.0
    report.at_least("ratio", "", 0.5, 0.33)
    report.at_most("memory", "MB", 300, 250)
    text = "\n".join(lines(report.as_dict()))
    assert "20,000" in text
    assert "at least 0.33: met" in text
    assert "at most 250.0: MISSED" in text


def test_a_small_run_judges_nothing() -> None:
    report = Report("ingest", 0.1)
    report.at_least("ratio", "", 0.1, 0.33)
    assert "not judged" in "\n".join(lines(report.as_dict()))
