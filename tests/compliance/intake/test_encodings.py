"""Compressed bodies: opened with a cap, or refused by name."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
import zstandard

from compliance.intake.encodings import MOST_MEMBERS, MOST_OPENED, MOST_SENT, opened
from compliance.intake.errors import BadCompression, TooLarge, UnsupportedEncoding

TEXT = b'{"exchanges": []}' * 5000


def zstd(data: bytes) -> bytes:
    return zstandard.compress(data)


def zstd_stream(data: bytes) -> bytes:
    """Without the content size in the frame's header, as streaming clients write it."""
    compressor = zstandard.ZstdCompressor(write_content_size=False).compressobj()
    return compressor.compress(data) + compressor.flush()


@pytest.mark.parametrize("encoding", ["", "identity", "IDENTITY", " identity "])
def test_it_takes_what_is_not_compressed_as_it_is(encoding: str) -> None:
    assert opened(TEXT, encoding) == TEXT


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip"])
def test_it_opens_gzip(encoding: str) -> None:
    assert opened(gzip.compress(TEXT), encoding) == TEXT


@pytest.mark.parametrize("compress", [zstd, zstd_stream])
def test_it_opens_zstd_with_and_without_a_size_in_its_header(compress: object) -> None:
    assert callable(compress)
    assert opened(compress(TEXT), "zstd") == TEXT


def test_it_opens_members_and_frames_that_were_put_one_after_the_other() -> None:
    assert opened(gzip.compress(TEXT) + gzip.compress(b"x"), "gzip") == TEXT + b"x"
    assert opened(zstd(TEXT) + zstd_stream(b"x"), "zstd") == TEXT + b"x"


def test_it_opens_an_empty_body() -> None:
    assert opened(gzip.compress(b""), "gzip") == b""
    assert opened(zstd(b""), "zstd") == b""


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip", "gzip,zstd", "zstd;q=1"])
def test_it_refuses_other_encodings_and_several_at_once(encoding: str) -> None:
    with pytest.raises(UnsupportedEncoding):
        opened(gzip.compress(TEXT), encoding)


@pytest.mark.parametrize(
    ("sent", "encoding"),
    [
        (gzip.compress(TEXT)[:-9], "gzip"),
        (gzip.compress(TEXT)[:3], "gzip"),
        (b"", "gzip"),
        (b"\0" * 100, "gzip"),
        (gzip.compress(TEXT) + b"rest", "gzip"),
        (zlib.compress(TEXT), "gzip"),
        (zstd(TEXT)[:-1], "zstd"),
        (zstd_stream(TEXT)[:-1], "zstd"),
        (zstd(TEXT)[:4], "zstd"),
        (b"", "zstd"),
        (b"\0" * 100, "zstd"),
        (zstd(TEXT) + b"rest", "zstd"),
        (gzip.compress(TEXT), "zstd"),
        (TEXT, "gzip"),
    ],
)
def test_it_refuses_what_is_damaged_cut_short_or_something_else(sent: bytes, encoding: str) -> None:
    with pytest.raises(BadCompression):
        opened(sent, encoding)


def test_it_refuses_more_than_may_be_sent() -> None:
    assert len(opened(b" " * MOST_SENT, "")) == MOST_SENT
    with pytest.raises(TooLarge):
        opened(b" " * (MOST_SENT + 1), "")


def test_it_opens_as_much_as_is_allowed_and_not_one_byte_more() -> None:
    assert len(opened(zstd(bytes(MOST_OPENED)), "zstd")) == MOST_OPENED
    assert len(opened(gzip.compress(bytes(MOST_OPENED), 1), "gzip")) == MOST_OPENED
    with pytest.raises(TooLarge):
        opened(zstd(bytes(MOST_OPENED + 1)), "zstd")
    with pytest.raises(TooLarge):
        opened(gzip.compress(bytes(MOST_OPENED + 1), 1), "gzip")


def gzip_bomb() -> bytes:
    """Half a gigabyte in half a megabyte."""
    compressor, block = zlib.compressobj(9, wbits=31), bytes(1024 * 1024)
    return b"".join(compressor.compress(block) for _ in range(512)) + compressor.flush()


def zstd_bomb() -> bytes:
    """A frame of blocks that each repeat one byte 128 KiB times: four bytes a block, 8 GiB."""
    block = ((128 * 1024 << 3) | (1 << 1)).to_bytes(3, "little") + b"\0"
    return zstandard.FRAME_HEADER + b"\x00\x58" + block * 65536


@pytest.mark.parametrize(("bomb", "encoding"), [(gzip_bomb, "gzip"), (zstd_bomb, "zstd")])
def test_a_bomb_never_exists_in_memory(bomb: object, encoding: str) -> None:
    assert callable(bomb)
    sent = bomb()
    tracemalloc.start()
    try:
        with pytest.raises(TooLarge):
            opened(sent, encoding)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert most < 3 * MOST_OPENED


def test_a_body_of_nothing_but_members_ends_early() -> None:
    empty = gzip.compress(b"")
    assert opened(empty * MOST_MEMBERS, "gzip") == b""
    with pytest.raises(BadCompression):
        opened(empty * (MOST_MEMBERS + 1), "gzip")
    frame = zstd(b"")
    with pytest.raises(BadCompression):
        opened(frame * (MOST_MEMBERS + 1), "zstd")


def test_a_window_that_asks_for_gigabytes_is_refused() -> None:
    with pytest.raises(BadCompression):
        opened(zstandard.FRAME_HEADER + b"\x00\xa8" + b"\x01\x00\x00", "zstd")
