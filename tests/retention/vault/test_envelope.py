"""A value opens under its key, at its place, unchanged; or not at all."""

from __future__ import annotations

import itertools
import os
import struct
import threading
from datetime import date
from typing import NamedTuple
from uuid import UUID

import pytest
import zstandard
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from retention.vault import envelope
from retention.vault.envelope import CellPlace, Sealer, generation_of
from retention.vault.errors import SealBroken, TooLargeToSeal

KEY = bytes(range(32))
ACME, BOREALIS = UUID(int=1), UUID(int=2)
HEADER_BYTES, TAG_BYTES = 73, 16


class Place(NamedTuple):
    """Everything that a sealed value is bound to."""

    customer: UUID
    record: UUID
    clock_day: date
    data_class: str
    generation: int
    field: str

    @property
    def cell(self) -> CellPlace:
        return CellPlace(self.customer, self.clock_day, self.data_class, self.generation)


PLACE = Place(
    customer=ACME,
    record=UUID(int=10),
    clock_day=date(2026, 11, 22),
    data_class="response",
    generation=3,
    field="content",
)
ELSEWHERE = {
    "customer": PLACE._replace(customer=BOREALIS),
    "record": PLACE._replace(record=UUID(int=11)),
    "clock day": PLACE._replace(clock_day=date(2026, 11, 23)),
    "class": PLACE._replace(data_class="prompt"),
    "generation": PLACE._replace(generation=4),
    "field": PLACE._replace(field="salt"),
}


def seal(key: bytes, place: Place, plain: bytes) -> bytes:
    """One value by a sealer of its own."""
    return Sealer(key, place.cell).seal(place.record, place.field, plain)


def unseal(key: bytes, place: Place, sealed: bytes) -> bytes:
    return envelope.unseal(key, place.cell, place.record, place.field, sealed)


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"a",
        b"Yes, because the query is built from user input.",
        os.urandom(5000),
        b"x" * 10**6,
    ],
    ids=["empty", "one byte", "text", "random", "long"],
)
def test_it_opens_what_it_sealed(plain: bytes) -> None:
    assert unseal(KEY, PLACE, seal(KEY, PLACE, plain)) == plain


@given(plain=st.binary(max_size=2000), field=st.text(max_size=20), data_class=st.text(max_size=20))
def test_it_opens_what_it_sealed_whatever_it_is(plain: bytes, field: str, data_class: str) -> None:
    place = PLACE._replace(field=field, data_class=data_class)
    assert unseal(KEY, place, seal(KEY, place, plain)) == plain


def test_it_seals_the_same_value_differently_each_time() -> None:
    one, other = seal(KEY, PLACE, b"same"), seal(KEY, PLACE, b"same")
    assert one[5:37] != other[5:37]
    assert one[HEADER_BYTES:] != other[HEADER_BYTES:]


def test_a_sealer_seals_each_value_under_another_number_and_all_open() -> None:
    sealer = Sealer(KEY, PLACE.cell)
    sealed = [sealer.seal(PLACE.record, PLACE.field, b"same") for _ in range(1000)]
    assert len({value[5:69] for value in sealed}) == 1
    assert [value[69:73] for value in sealed] == [n.to_bytes(4, "big") for n in range(1000)]
    assert len({value[HEADER_BYTES:] for value in sealed}) == 1000
    assert all(unseal(KEY, PLACE, value) == b"same" for value in sealed)


def test_a_number_belongs_to_its_value() -> None:
    sealer = Sealer(KEY, PLACE.cell)
    one, other = (sealer.seal(PLACE.record, PLACE.field, b"same") for _ in range(2))
    with pytest.raises(SealBroken):
        unseal(KEY, PLACE, one[:69] + other[69:HEADER_BYTES] + one[HEADER_BYTES:])


def test_a_sealer_stops_before_it_uses_a_number_twice() -> None:
    sealer = Sealer(KEY, PLACE.cell)
    sealer._numbers = itertools.count(2**32 - 1)
    assert unseal(KEY, PLACE, sealer.seal(PLACE.record, PLACE.field, b"last")) == b"last"
    with pytest.raises(struct.error):
        sealer.seal(PLACE.record, PLACE.field, b"one too many")


def test_no_two_sealers_share_a_key() -> None:
    salts = {Sealer(KEY, PLACE.cell).seal(PLACE.record, "f", b"")[5:37] for _ in range(1000)}
    assert len(salts) == 1000


def test_it_shows_no_word_of_the_content() -> None:
    plain = b"select * from accounts where owner = " * 20
    sealed = seal(KEY, PLACE, plain)
    assert b"accounts" not in sealed
    assert len(sealed) < len(plain)


def test_it_names_its_generation() -> None:
    assert generation_of(seal(KEY, PLACE, b"x")) == PLACE.generation
    largest = PLACE._replace(generation=2**32 - 1)
    assert generation_of(seal(KEY, largest, b"x")) == 2**32 - 1


def test_it_refuses_a_generation_that_does_not_fit() -> None:
    with pytest.raises(struct.error):
        seal(KEY, PLACE._replace(generation=2**32), b"x")


@pytest.mark.parametrize("elsewhere", ELSEWHERE.values(), ids=ELSEWHERE.keys())
def test_p15_it_opens_at_no_other_place(elsewhere: Place) -> None:
    sealed = seal(KEY, PLACE, b"content")
    with pytest.raises(SealBroken):
        unseal(KEY, elsewhere, sealed)


def test_every_part_of_a_place_was_tried_elsewhere() -> None:
    changed = [
        set(PLACE._asdict().items()) ^ set(place._asdict().items()) for place in ELSEWHERE.values()
    ]
    assert {name for change in changed for name, _ in change} == set(Place._fields)


def test_p15_it_opens_at_no_other_place_even_with_the_generation_rewritten() -> None:
    sealed = bytearray(seal(KEY, PLACE, b"content"))
    sealed[1:5] = (4).to_bytes(4, "big")
    with pytest.raises(SealBroken):
        unseal(KEY, PLACE._replace(generation=4), bytes(sealed))


@pytest.mark.parametrize(
    ("one", "other"),
    [(("ab", "c"), ("a", "bc")), (("", "abc"), ("abc", "")), (("a", "b"), ("b", "a"))],
)
def test_its_texts_cannot_be_cut_elsewhere(one: tuple[str, str], other: tuple[str, str]) -> None:
    there = PLACE._replace(data_class=one[0], field=one[1])
    elsewhere = PLACE._replace(data_class=other[0], field=other[1])
    with pytest.raises(SealBroken):
        unseal(KEY, elsewhere, seal(KEY, there, b"content"))


def test_it_opens_under_no_other_key() -> None:
    with pytest.raises(SealBroken):
        unseal(bytes(32), PLACE, seal(KEY, PLACE, b"content"))


def test_it_refuses_another_key_before_it_decrypts(monkeypatch: pytest.MonkeyPatch) -> None:
    sealed = seal(KEY, PLACE, b"content")

    def decrypting(key: bytes) -> AESGCM:
        raise AssertionError("decrypted without the commitment")

    monkeypatch.setattr(envelope, "AESGCM", decrypting)
    with pytest.raises(SealBroken):
        unseal(bytes(32), PLACE, sealed)


def test_a_ciphertext_made_for_two_keys_opens_under_neither_without_its_commitment() -> None:
    sealed = seal(KEY, PLACE, b"content")
    other = bytes(32)
    foreign = seal(other, PLACE, b"content")
    mixed = sealed[:37] + foreign[37:HEADER_BYTES] + sealed[HEADER_BYTES:]
    for key in (KEY, other):
        with pytest.raises(SealBroken):
            unseal(key, PLACE, mixed)


def test_it_refuses_a_flip_of_any_bit() -> None:
    sealed = seal(KEY, PLACE, b"small")
    for position in range(len(sealed)):
        for bit in range(8):
            broken = bytearray(sealed)
            broken[position] ^= 1 << bit
            with pytest.raises(SealBroken):
                unseal(KEY, PLACE, bytes(broken))


def test_it_refuses_a_cut_at_any_byte_and_anything_appended() -> None:
    sealed = seal(KEY, PLACE, b"small")
    for length in range(len(sealed)):
        with pytest.raises(SealBroken):
            unseal(KEY, PLACE, sealed[:length])
    with pytest.raises(SealBroken):
        unseal(KEY, PLACE, sealed + b"\0")


@pytest.mark.parametrize("sealed", [b"", b"\x02", b"\x01" + bytes(200), b"\x02" + bytes(87)])
def test_it_names_no_generation_of_what_is_no_sealed_value(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        generation_of(sealed)


@pytest.mark.parametrize("length", [0, 16, 31, 33])
def test_a_key_of_another_length_is_a_fault_of_the_caller(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        seal(bytes(length), PLACE, b"content")


def test_it_seals_up_to_its_limit_and_refuses_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(envelope, "LARGEST_PLAIN", 1000)
    assert len(unseal(KEY, PLACE, seal(KEY, PLACE, bytes(1000)))) == 1000
    with pytest.raises(TooLargeToSeal) as refusal:
        seal(KEY, PLACE, bytes(1001))
    assert refusal.value.facts == {"size": 1001, "limit": 1000}


def test_a_record_of_ten_mebibytes_fits() -> None:
    plain = os.urandom(1024) * (10 * 1024)
    assert unseal(KEY, PLACE, seal(KEY, PLACE, plain)) == plain


def _sealed_as_is(packed: bytes) -> bytes:
    """What somebody who has the key could write."""
    salt = bytes(32)
    sealing_key, commitment = envelope._derive(KEY, salt)
    header = struct.pack(">BI32s32sI", 2, PLACE.generation, salt, commitment, 0)
    before, behind = envelope._around(PLACE.cell)
    place = before + PLACE.record.bytes + behind + PLACE.field.encode()
    return header + AESGCM(sealing_key).encrypt(bytes(12), packed, place)


def test_it_unpacks_no_bomb() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(envelope.LARGEST_PLAIN + 1))
    assert len(bomb) < 2000
    with pytest.raises(SealBroken, match="too large"):
        unseal(KEY, PLACE, _sealed_as_is(bomb))


def test_it_unpacks_nothing_that_hides_its_size() -> None:
    hiding = zstandard.ZstdCompressor(write_content_size=False).compress(b"content")
    with pytest.raises(SealBroken, match="too large"):
        unseal(KEY, PLACE, _sealed_as_is(hiding))


def test_it_unpacks_nothing_that_lies_about_its_size() -> None:
    frame = bytearray(zstandard.ZstdCompressor().compress(b"content" * 1000))
    honest = zstandard.get_frame_parameters(bytes(frame)).content_size
    frame[5:7] = (honest - 256 - 500).to_bytes(2, "little")
    with pytest.raises(SealBroken):
        unseal(KEY, PLACE, _sealed_as_is(bytes(frame)))


def test_it_unpacks_nothing_that_is_no_frame() -> None:
    with pytest.raises(SealBroken):
        unseal(KEY, PLACE, _sealed_as_is(b"not zstd"))


def test_threads_seal_side_by_side() -> None:
    wrong: list[bytes] = []

    def work(seed: int) -> None:
        plain = bytes([seed]) * 3000
        for _ in range(200):
            if unseal(KEY, PLACE, seal(KEY, PLACE, plain)) != plain:
                wrong.append(plain)

    threads = [threading.Thread(target=work, args=(seed,)) for seed in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_its_refusals_show_nothing_of_key_or_content() -> None:
    with pytest.raises(SealBroken) as refusal:
        unseal(bytes(32), PLACE, seal(KEY, PLACE, b"content"))
    assert refusal.value.code == "seal_broken"
    assert "content" not in str(refusal.value.args)
    assert refusal.value.__cause__ is None
