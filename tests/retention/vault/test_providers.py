"""Root keys: one contract, every provider; and what the file provider refuses."""

from __future__ import annotations

import base64
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django import Settings

from retention.vault import providers
from retention.vault.errors import RootKeyRefused
from retention.vault.providers import FileRootKey, RootKey, create_root_key_file

PLAIN = bytes(range(32))
HERE, THERE = b"cell one, generation 1", b"cell one, generation 2"


def _file(folder: Path) -> RootKey:
    path = folder / f"{os.urandom(4).hex()}.key"
    create_root_key_file(path)
    return FileRootKey(path)


# Each makes a provider with a new root key. A key management service adds itself here.
PROVIDERS: dict[str, Callable[[Path], RootKey]] = {"file": _file}


@pytest.mark.parametrize("make", PROVIDERS.values(), ids=PROVIDERS.keys())
class TestEveryProvider:
    def test_it_unwraps_what_it_wrapped(
        self, make: Callable[[Path], RootKey], tmp_path: Path
    ) -> None:
        root = make(tmp_path)
        assert root.unwrap(root.wrap(PLAIN, HERE), HERE) == PLAIN

    def test_it_wraps_differently_each_time(
        self, make: Callable[[Path], RootKey], tmp_path: Path
    ) -> None:
        root = make(tmp_path)
        assert root.wrap(PLAIN, HERE) != root.wrap(PLAIN, HERE)

    def test_it_does_not_show_the_key(
        self, make: Callable[[Path], RootKey], tmp_path: Path
    ) -> None:
        assert PLAIN not in make(tmp_path).wrap(PLAIN, HERE)

    def test_it_unwraps_for_no_other_binding(
        self, make: Callable[[Path], RootKey], tmp_path: Path
    ) -> None:
        root = make(tmp_path)
        with pytest.raises(RootKeyRefused):
            root.unwrap(root.wrap(PLAIN, HERE), THERE)

    def test_another_root_key_unwraps_nothing(
        self, make: Callable[[Path], RootKey], tmp_path: Path
    ) -> None:
        wrapped = make(tmp_path).wrap(PLAIN, HERE)
        with pytest.raises(RootKeyRefused):
            make(tmp_path).unwrap(wrapped, HERE)

    def test_it_refuses_a_change_of_any_byte_and_any_cut(
        self, make: Callable[[Path], RootKey], tmp_path: Path
    ) -> None:
        root = make(tmp_path)
        wrapped = root.wrap(PLAIN, HERE)
        for position in range(len(wrapped)):
            broken = bytearray(wrapped)
            broken[position] ^= 1
            with pytest.raises(RootKeyRefused):
                root.unwrap(bytes(broken), HERE)
            with pytest.raises(RootKeyRefused):
                root.unwrap(wrapped[:position], HERE)


def _written(path: Path, content: bytes, mode: int = 0o600) -> Path:
    path.write_bytes(content)
    path.chmod(mode)
    return path


def test_a_new_file_is_closed_to_others_and_never_made_twice(tmp_path: Path) -> None:
    path = tmp_path / "root.key"
    before = os.umask(0)
    try:
        create_root_key_file(path)
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    made = path.read_bytes()
    with pytest.raises(FileExistsError):
        create_root_key_file(path)
    assert path.read_bytes() == made


@pytest.mark.parametrize("ending", [b"", b"\n", b"\r\n"])
@pytest.mark.parametrize("padding", [b"", b"="])
def test_it_reads_base64url_with_or_without_padding(
    tmp_path: Path, ending: bytes, padding: bytes
) -> None:
    text = base64.urlsafe_b64encode(b"\xff" * 32).rstrip(b"=")
    root = FileRootKey(_written(tmp_path / "root.key", text + padding + ending))
    assert root.unwrap(root.wrap(PLAIN, HERE), HERE) == PLAIN


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601, 0o666])
def test_it_refuses_a_file_that_others_may_touch(tmp_path: Path, mode: int) -> None:
    path = _written(tmp_path / "root.key", base64.urlsafe_b64encode(bytes(32)), mode)
    with pytest.raises(RootKeyRefused, match="chmod 600"):
        FileRootKey(path)


@pytest.mark.parametrize("mode", [0o600, 0o400])
def test_it_accepts_a_file_of_its_owner_alone(tmp_path: Path, mode: int) -> None:
    FileRootKey(_written(tmp_path / "root.key", base64.urlsafe_b64encode(bytes(32)), mode))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        base64.urlsafe_b64encode(bytes(31)),
        base64.urlsafe_b64encode(bytes(33)),
        base64.urlsafe_b64encode(bytes(64)),
        b"\xff" * 32,
        b"!" * 43,
        b"a" * 41,
    ],
)
def test_it_refuses_a_key_of_another_size_or_spelling(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(RootKeyRefused, match="base64url") as refusal:
        FileRootKey(_written(tmp_path / "root.key", content))
    assert not content or content.decode("latin-1") not in str(refusal.value)


def test_it_says_what_to_do_when_the_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(RootKeyRefused, match="Set ROOT_KEY_FILE") as refusal:
        FileRootKey(tmp_path / "nowhere" / "root.key")
    assert refusal.value.code == "root_key_refused"


def test_it_refuses_a_folder(tmp_path: Path) -> None:
    with pytest.raises(RootKeyRefused):
        FileRootKey(tmp_path)


def test_it_refuses_an_unknown_format(tmp_path: Path) -> None:
    root = _file(tmp_path)
    with pytest.raises(RootKeyRefused, match="format"):
        root.unwrap(b"\x02" + root.wrap(PLAIN, HERE)[1:], HERE)


def test_the_settings_name_the_root_key(tmp_path: Path, settings: Settings) -> None:
    settings.ROOT_KEY_FILE = tmp_path / "root.key"
    create_root_key_file(settings.ROOT_KEY_FILE)
    assert isinstance(providers.root_key(), FileRootKey)
    assert providers.root_key() is providers.root_key()
