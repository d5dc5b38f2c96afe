"""What was sent, decompressed: with a cap on what comes in and on what comes out.

Both formats are opened in small steps, so that a few kilobytes that stand for gigabytes are refused
before they exist in memory.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Protocol

import zstandard

from compliance.intake.errors import BadCompression, TooLarge, UnsupportedEncoding

MIB = 1024 * 1024
MOST_SENT = 10 * MIB
MOST_OPENED = 32 * MIB
# Standard levels of zstd use windows of up to 8 MiB; a frame in one segment uses its own size.
LARGEST_WINDOW = 32 * MIB
# Block-compressing tools write many members; a body made of nothing else would cost time alone.
MOST_MEMBERS = 1024
GZIP_STEP = 64 * 1024
# Four bytes of zstd may stand for 128 KiB: 512 bytes never open to more than 16 MiB.
ZSTD_STEP = 512


class Opener(Protocol):
    """One gzip member or zstd frame on its way out."""

    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, /) -> bytes: ...


class GzipMember:
    """One gzip member that never gives out more than asked for beyond the cap."""

    def __init__(self) -> None:
        self._opener = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)

    @property
    def eof(self) -> bool:
        return self._opener.eof

    @property
    def unused_data(self) -> bytes:
        return self._opener.unused_data

    def decompress(self, data: bytes, /) -> bytes:
        opened = self._opener.decompress(data, MOST_OPENED + 1)
        if self._opener.unconsumed_tail:
            raise TooLarge
        return opened


def opened(sent: bytes, encoding: str) -> bytes:
    """The body as it was before compression.

    `encoding` is the value of the header Content-Encoding. Raises `TooLarge` (more than 10 MiB sent
    or 32 MiB opened), `UnsupportedEncoding` or `BadCompression`.
    """
    if len(sent) > MOST_SENT:
        raise TooLarge
    match encoding.strip().lower():
        case "" | "identity":
            return sent
        case "gzip" | "x-gzip":
            return _opened_in_steps(sent, GzipMember, GZIP_STEP)
        case "zstd":
            return _opened_in_steps(sent, _zstd_frame, ZSTD_STEP)
    raise UnsupportedEncoding


def _zstd_frame() -> Opener:
    return zstandard.ZstdDecompressor(max_window_size=LARGEST_WINDOW).decompressobj()


def _opened_in_steps(sent: bytes, begin: Callable[[], Opener], step: int) -> bytes:
    """All members or frames one after the other; the last one must be complete."""
    pieces: list[bytes] = []
    size, members, at = 0, 1, 0
    opener = begin()
    while at < len(sent):
        if opener.eof:
            members += 1
            if members > MOST_MEMBERS:
                raise BadCompression
            opener = begin()
        chunk = sent[at : at + step]
        try:
            piece = opener.decompress(chunk)
        except (zlib.error, zstandard.ZstdError):
            raise BadCompression from None
        at += len(chunk) - (len(opener.unused_data) if opener.eof else 0)
        size += len(piece)
        if size > MOST_OPENED:
            raise TooLarge
        pieces.append(piece)
    if not opener.eof:
        raise BadCompression
    return b"".join(pieces)
