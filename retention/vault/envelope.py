"""Sealing: zstd, then AES-256-GCM under a key that seals one batch for one cell and nothing else.

**Principle.** A `Sealer` derives from the cell key and a fresh salt of 32 bytes, by HKDF-SHA256, an
encryption key and a commitment. Only that sealer ever has this encryption key; it numbers the
values it seals, and the number is the nonce, so no nonce is used twice. The commitment is compared
before anything is decrypted: a value opens under one key and no other. The associated data binds
the value to its place, so a row that was swapped or copied elsewhere does not open.

**Boundary.** A sealer lives as long as its batch, in one thread of one process. It is never kept:
kept over a fork, two processes would use the same numbers under the same key.

**Format**: version (1 byte), generation (4), salt (32), commitment (32), number (4), ciphertext
with tag (16).

**What is not hidden**: the length of the ciphertext tells the length of the compressed content.
One value holds content of one sender only, so nobody can measure somebody else's content by
compressing a guess along with it. Equal salts tell that values came in one batch, as their time of
receipt does.
"""

from __future__ import annotations

import hmac
import itertools
import os
import struct
import threading
from datetime import date
from typing import NamedTuple
from uuid import UUID

import zstandard
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from retention.vault.errors import SealBroken, TooLargeToSeal

VERSION = 2
KEY_BYTES = 32
SALT_BYTES = 32
# Records hold at most 10 MiB; what claims to be larger than this is not unpacked.
LARGEST_PLAIN = 16 * 1024 * 1024

_HEADER = struct.Struct(f">BI{SALT_BYTES}s{KEY_BYTES}s")
_NUMBER = struct.Struct(">I")
_HEADER_BYTES = _HEADER.size + _NUMBER.size
_TAG_BYTES = 16
# What stands before the number in a nonce of 12 bytes.
_NONCE = bytes(12 - _NUMBER.size)
_LABEL = b"sandglass seal 1: key, commitment"
_SHA256 = SHA256()


class CellPlace(NamedTuple):
    """The cell and generation that a sealed value belongs to; with record and field its place."""

    customer: UUID
    clock_day: date
    data_class: str
    generation: int


class _Zstd(threading.local):
    """Making a compressor costs as much as using it, and one may not be shared by threads."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=3)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


class Sealer:
    """Seals values of one cell for the length of one batch, each different every time.

    Raises `struct.error` for a generation that does not fit into 32 bits.
    """

    __slots__ = ("_before", "_behind", "_cipher", "_header", "_numbers")

    def __init__(self, key: bytes, cell: CellPlace) -> None:
        salt = os.urandom(SALT_BYTES)
        sealing_key, commitment = _derive(key, salt)
        self._cipher = AESGCM(sealing_key)
        self._header = _HEADER.pack(VERSION, cell.generation, salt, commitment)
        self._numbers = itertools.count()
        self._before, self._behind = _around(cell)

    def seal(self, record: UUID, field: str, plain: bytes) -> bytes:
        """The value sealed for this field of this record. Raises `TooLargeToSeal`."""
        if len(plain) > LARGEST_PLAIN:
            raise TooLargeToSeal(size=len(plain), limit=LARGEST_PLAIN)
        number = _NUMBER.pack(next(self._numbers))
        place = self._before + record.bytes + self._behind + field.encode()
        packed = _zstd.compressor.compress(plain)
        return self._header + number + self._cipher.encrypt(_NONCE + number, packed, place)


def unseal(key: bytes, cell: CellPlace, record: UUID, field: str, sealed: bytes) -> bytes:
    """The value again. Raises `SealBroken` for another key, another place or changed bytes."""
    generation, salt, commitment = _header(sealed)
    sealing_key, expected = _derive(key, salt)
    if generation != cell.generation or not hmac.compare_digest(commitment, expected):
        raise SealBroken
    before, behind = _around(cell)
    nonce = _NONCE + sealed[_HEADER.size : _HEADER_BYTES]
    place = before + record.bytes + behind + field.encode()
    try:
        packed = AESGCM(sealing_key).decrypt(nonce, sealed[_HEADER_BYTES:], place)
    except InvalidTag:
        raise SealBroken from None
    return _unpack(packed)


def generation_of(sealed: bytes) -> int:
    """The generation of the key that a value was sealed under, as its header claims."""
    return _header(sealed)[0]


def _header(sealed: bytes) -> tuple[int, bytes, bytes]:
    if len(sealed) < _HEADER_BYTES + _TAG_BYTES:
        raise SealBroken("The sealed value is cut short.")
    version, generation, salt, commitment = _HEADER.unpack_from(sealed)
    if version != VERSION:
        raise SealBroken("The sealed value has a format that this version does not know.")
    return generation, salt, commitment


def _derive(key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    if len(key) != KEY_BYTES:
        raise ValueError("A cell key has 32 bytes.")
    derived = HKDF(_SHA256, 2 * KEY_BYTES, salt, _LABEL).derive(key)
    return derived[:KEY_BYTES], derived[KEY_BYTES:]


def _around(cell: CellPlace) -> tuple[bytes, bytes]:
    """What stands before the record and behind it, up to the field's name, in a place as bytes.

    Numbers and ids have a fixed width; of the two texts the class has its length in front, and the
    field comes last.
    """
    data_class = cell.data_class.encode()
    before = struct.pack(">B16s", VERSION, cell.customer.bytes)
    fixed = (cell.clock_day.toordinal(), cell.generation, len(data_class))
    return before, struct.pack(">III", *fixed) + data_class


def _unpack(packed: bytes) -> bytes:
    """Unpacks at most LARGEST_PLAIN bytes: the frame says its size before any memory is taken."""
    try:
        if zstandard.get_frame_parameters(packed).content_size > LARGEST_PLAIN:
            raise SealBroken("The sealed value claims to be too large.")
        return _zstd.decompressor.decompress(packed)
    except zstandard.ZstdError:
        raise SealBroken from None
