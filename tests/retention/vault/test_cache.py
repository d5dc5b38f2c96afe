"""Nobody uses a key for longer than a minute after it was read."""

from __future__ import annotations

import threading
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connections

from retention.vault import keys
from retention.vault.cache import Key, KeyCache
from retention.vault.errors import KeyGone
from tests.retention.vault.conftest import NOW

ONE, TWO = Key(UUID(int=1), 1), Key(UUID(int=2), 1)
PLAIN = b"k" * 32


class Stopwatch:
    """A monotonic clock that the test moves."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def _cache(watch: Stopwatch | None = None, size: int = 100) -> KeyCache:
    return KeyCache(seconds=60, size=size, monotonic=watch or Stopwatch())


def _keep(cache: KeyCache, *kept: Key) -> None:
    cache.keep(dict.fromkeys(kept, PLAIN), mark=cache.mark(), now=NOW)


def test_it_gives_back_what_it_keeps_and_nothing_else() -> None:
    cache = _cache()
    _keep(cache, ONE)
    assert cache.look([ONE, TWO], now=NOW) == {ONE: PLAIN}


def test_a_key_is_used_for_less_than_a_minute() -> None:
    cache = _cache(watch := Stopwatch())
    _keep(cache, ONE)
    watch.seconds += 59.9
    assert cache.look([ONE], now=NOW)
    watch.seconds += 0.1
    assert not cache.look([ONE], now=NOW)


def test_using_a_key_does_not_prolong_its_minute() -> None:
    cache = _cache(watch := Stopwatch())
    _keep(cache, ONE)
    for _ in range(6):
        assert cache.look([ONE], now=NOW)
        watch.seconds += 10
    assert not cache.look([ONE], now=NOW)


def test_the_minute_counts_from_before_the_vault_was_read() -> None:
    cache = _cache(watch := Stopwatch())
    mark = cache.mark()
    watch.seconds += 30
    cache.keep({ONE: PLAIN}, mark=mark, now=NOW)
    watch.seconds += 30
    assert not cache.look([ONE], now=NOW)


def test_a_moved_demonstration_clock_ends_the_minute_at_once() -> None:
    cache = _cache()
    _keep(cache, ONE)
    assert cache.look([ONE], now=NOW + timedelta(seconds=59))
    assert not cache.look([ONE], now=NOW + timedelta(days=180))
    assert not cache.look([ONE], now=NOW - timedelta(seconds=60))


def test_keys_past_their_minute_leave_memory() -> None:
    cache = _cache(watch := Stopwatch())
    _keep(cache, ONE, TWO)
    watch.seconds += 60
    cache.look([], now=NOW)
    assert len(cache) == 0


def test_an_old_reading_behind_a_newer_one_is_not_used() -> None:
    cache = _cache(watch := Stopwatch())
    early = cache.mark()
    watch.seconds += 50
    _keep(cache, TWO)
    cache.keep({ONE: PLAIN}, mark=early, now=NOW)
    watch.seconds += 20
    assert cache.look([ONE, TWO], now=NOW) == {TWO: PLAIN}


def test_it_drops_every_generation_of_a_cell_and_no_other() -> None:
    cache = _cache()
    _keep(cache, ONE, ONE._replace(generation=2), TWO)
    cache.drop({ONE.cell})
    assert cache.look([ONE, ONE._replace(generation=2), TWO], now=NOW) == {TWO: PLAIN}


def test_a_key_read_before_it_was_dropped_is_not_kept_after() -> None:
    cache = _cache()
    mark = cache.mark()
    cache.drop({ONE.cell})
    cache.keep({ONE: PLAIN}, mark=mark, now=NOW)
    assert not cache.look([ONE], now=NOW)


def test_it_holds_no_more_than_its_size_and_the_oldest_goes_first() -> None:
    cache = _cache(size=3)
    several = [Key(uuid4(), 1) for _ in range(5)]
    for key in several:
        _keep(cache, key)
    assert list(cache.look(several, now=NOW)) == several[2:]


def test_cleared_it_holds_nothing() -> None:
    cache = _cache()
    mark = cache.mark()
    _keep(cache, ONE)
    cache.clear()
    cache.keep({TWO: PLAIN}, mark=mark, now=NOW)
    assert len(cache) == 0


def test_threads_do_not_break_it() -> None:
    cache = KeyCache(seconds=60, size=50)
    many = [Key(uuid4(), 1) for _ in range(100)]
    faults: list[Exception] = []

    def work(offset: int) -> None:
        try:
            for turn in range(300):
                _keep(cache, many[(turn + offset) % 100])
                cache.look(many[:20], now=NOW)
                cache.drop({many[turn % 100].cell})
        except Exception as fault:
            faults.append(fault)

    threads = [threading.Thread(target=work, args=(offset,)) for offset in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not faults
    assert len(cache) <= 50


@pytest.mark.usefixtures("vault")
def test_a_reader_that_was_under_way_does_not_keep_a_destroyed_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    keys.make([ONE], now=NOW)
    read = keys._read

    def slow(wanted: set[Key]) -> tuple[dict[Key, bytes], set[Key]]:
        found = read(wanted)
        thread = threading.Thread(target=_destroy_elsewhere)
        thread.start()
        thread.join()
        return found

    monkeypatch.setattr(keys, "_read", slow)
    assert keys.fetch([ONE], now=NOW)
    monkeypatch.setattr(keys, "_read", read)
    with pytest.raises(KeyGone):
        keys.fetch([ONE], now=NOW)


def _destroy_elsewhere() -> None:
    try:
        keys.destroy([ONE.cell], now=NOW)
    finally:
        connections["vault"].close()
