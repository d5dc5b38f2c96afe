"""Sealing of one value: zstd, then AES-256-GCM under a key that is used once.

**Principle.** From the cell key and a fresh salt of 32 bytes HKDF-SHA256 derives an encryption key
and a commitment. Each encryption key seals one value, so the nonce may be zero. The commitment is
compared before anything is decrypted: a value opens under one key and no other. The associated
data binds the value to its place, so a row that was swapped or copied elsewhere does not open.

**Format**: version (1 byte), generation (4), salt (32), commitment (32), ciphertext with tag (16).

**What is not hidden**: the length of the ciphertext tells the length of the compressed content.
One value holds content of one sender only, so nobody can measure somebody else's content by
compressing a guess along with it.
"""

from __future__ import annotations

import hmac
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

VERSION = 1
KEY_BYTES = 32
SALT_BYTES = 32
# Records hold at most 10 MiB; what claims to be larger than this is not unpacked.
LARGEST_PLAIN = 16 * 1024 * 1024

_HEADER = struct.Struct(f">BI{SALT_BYTES}s{KEY_BYTES}s")
_TAG_BYTES = 16
_PLACE = struct.Struct(">B16s16sII")
_NONCE = bytes(12)
_LABEL = b"sandglass seal 1: key, commitment"
_SHA256 = SHA256()


class Context(NamedTuple):
    """The place a sealed value belongs to; it opens nowhere else."""

    customer: UUID
    record: UUID
    clock_day: date
    data_class: str
    generation: int
    field: str


class _Zstd(threading.local):
    """Making a compressor costs as much as using it, and one may not be shared by threads."""

    def __init__(self) -> None:
        self.compressor = zstandard.ZstdCompressor(level=3)
        self.decompressor = zstandard.ZstdDecompressor()


_zstd = _Zstd()


def seal(key: bytes, context: Context, plain: bytes) -> bytes:
    """The value sealed for its place; different every time. Raises TooLargeToSeal."""
    if len(plain) > LARGEST_PLAIN:
        raise TooLargeToSeal(size=len(plain), limit=LARGEST_PLAIN)
    salt = os.urandom(SALT_BYTES)
    sealing_key, commitment = _derive(key, salt)
    packed = _zstd.compressor.compress(plain)
    header = _HEADER.pack(VERSION, context.generation, salt, commitment)
    return header + AESGCM(sealing_key).encrypt(_NONCE, packed, _place(context))


def unseal(key: bytes, context: Context, sealed: bytes) -> bytes:
    """The value again. Raises SealBroken for another key, another place or changed bytes."""
    generation, salt, commitment = _header(sealed)
    sealing_key, expected = _derive(key, salt)
    if generation != context.generation or not hmac.compare_digest(commitment, expected):
        raise SealBroken
    try:
        packed = AESGCM(sealing_key).decrypt(_NONCE, sealed[_HEADER.size :], _place(context))
    except InvalidTag:
        raise SealBroken from None
    return _unpack(packed)


def generation_of(sealed: bytes) -> int:
    """The generation of the key that a value was sealed under, as its header claims."""
    return _header(sealed)[0]


def _header(sealed: bytes) -> tuple[int, bytes, bytes]:
    if len(sealed) < _HEADER.size + _TAG_BYTES:
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


def _place(context: Context) -> bytes:
    """The context as bytes. Numbers and ids have a fixed width, texts their length in front."""
    fixed = _PLACE.pack(
        VERSION,
        context.customer.bytes,
        context.record.bytes,
        context.clock_day.toordinal(),
        context.generation,
    )
    data_class, field = context.data_class.encode(), context.field.encode()
    lengths = struct.pack(">II", len(data_class), len(field))
    return b"".join((fixed, lengths, data_class, field))


def _unpack(packed: bytes) -> bytes:
    """Unpacks at most LARGEST_PLAIN bytes: the frame says its size before any memory is taken."""
    try:
        if zstandard.get_frame_parameters(packed).content_size > LARGEST_PLAIN:
            raise SealBroken("The sealed value claims to be too large.")
        return _zstd.decompressor.decompress(packed)
    except zstandard.ZstdError:
        raise SealBroken from None
