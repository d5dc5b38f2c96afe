"""What any store of keys must bear: several processes at once."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable
from uuid import UUID

from django.db import connections

from retention.vault import keys
from retention.vault.keys import Key
from retention.vault.models import CellKey
from tests.retention.vault.conftest import NOW

fork = multiprocessing.get_context("fork")


def in_processes(count: int, work: Callable[[int], None]) -> list[int | None]:
    """Runs `work(number)` in processes of their own; returns their exit codes."""
    connections.close_all()
    processes = [fork.Process(target=work, args=(number,)) for number in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    return [process.exitcode for process in processes]


def make_and_destroy_at_once(cells: list[UUID], processes: int = 4) -> None:
    """Half of them make the same keys, half destroy them; checks that all end destroyed."""

    def work(number: int) -> None:
        for cell in cells:
            if number % 2:
                keys.make([Key(cell, 1), Key(cell, 2)], now=NOW)
            else:
                keys.destroy([cell], now=NOW)
        os._exit(0)

    assert in_processes(processes, work) == [0] * processes
    assert not CellKey.objects.filter(destroyed_at=None).exists()
    assert set(CellKey.objects.values_list("cell", flat=True)) == set(cells)
