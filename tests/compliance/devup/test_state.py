"""Keys are made once, and never a second time over data that needs the first ones."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from compliance.devup.console import Refused
from compliance.devup.state import LARGEST_LOG, Lock, State, ensure_keys, read_json


def test_it_makes_keys_that_only_the_owner_can_read(state: State) -> None:
    assert len(base64.urlsafe_b64decode(state.root_key.read_text())) == 32
    assert len(state.secret_key.read_text()) > 32
    assert stat.S_IMODE(state.keys.stat().st_mode) == 0o700
    for key in (state.root_key, state.secret_key):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600


def test_keys_that_are_there_stay(state: State) -> None:
    before = state.root_key.read_text(), state.secret_key.read_text()
    ensure_keys(state, {})
    assert (state.root_key.read_text(), state.secret_key.read_text()) == before


@pytest.mark.parametrize(
    "trace", ["postgres/data/PG_VERSION", "vault/vault.sqlite3", "initialised"]
)
def test_p3_a_lost_root_key_is_refused_and_not_replaced(state: State, trace: str) -> None:
    (state.folder / trace).parent.mkdir(parents=True, exist_ok=True)
    (state.folder / trace).touch()
    state.root_key.unlink()
    with pytest.raises(Refused, match=r"root\.key is missing"):
        ensure_keys(state, {})
    assert not state.root_key.exists()


def test_a_lost_session_secret_is_made_anew(state: State) -> None:
    state.initialised.touch()
    state.secret_key.unlink()
    ensure_keys(state, {})
    assert state.secret_key.exists()


def test_a_root_key_file_of_ones_own_must_exist(state: State, tmp_path: Path) -> None:
    state.root_key.unlink()
    with pytest.raises(Refused, match="ROOT_KEY_FILE names"):
        ensure_keys(state, {"ROOT_KEY_FILE": str(tmp_path / "absent")})


def test_a_secret_from_the_environment_makes_no_file(folder: Path) -> None:
    state = State(folder)
    state.make()
    ensure_keys(state, {"SECRET_KEY": "from elsewhere"})
    assert not state.secret_key.exists()


def test_a_folder_that_cannot_be_made_is_refused(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(Refused, match="cannot be used as state"):
        State(folder / "file").make()


def test_a_long_log_is_kept_once_and_begun_anew(state: State) -> None:
    log = state.log("web")
    log.write_bytes(b"x" * (LARGEST_LOG + 1))
    with log.open("ab") as writer:
        state.shorten_logs()
        writer.write(b"next")
    assert log.read_bytes() == b"next"
    assert log.with_suffix(".log.1").stat().st_size > LARGEST_LOG


def test_a_lock_is_held_once_and_names_its_holder(folder: Path) -> None:
    first, second = Lock(folder / "lock"), Lock(folder / "lock")
    assert first.take()
    first.write("17")
    assert not second.take()
    assert second.read() == "17"
    first.close()
    assert second.take()
    second.close()


@pytest.mark.parametrize("text", ["", "{", "[1]", "null"])
def test_broken_notes_count_as_none(folder: Path, text: str) -> None:
    (folder / "up.json").write_text(text)
    assert read_json(folder / "up.json") == {}
