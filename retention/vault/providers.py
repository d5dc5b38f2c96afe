"""Root keys: what wraps every cell key, so that the vault alone opens nothing.

**Danger.** Losing the root key loses every record. Keep a copy of it where neither the vault nor
its copies are, and only there.

A provider wraps 32 bytes for a *binding* (the cell and generation they belong to) and opens them
for the same binding only. First provider: a file. A key management service comes later and keeps
the same contract (`tests/retention/vault/test_providers.py` holds every provider to it).
"""

from __future__ import annotations

import base64
import binascii
import os
import stat
from functools import lru_cache
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from retention.vault.errors import RootKeyRefused

KEY_BYTES = 32
FORMAT = b"\x01"
NONCE_BYTES = 12
LABEL = b"sandglass root wrap"


class RootKey(Protocol):
    """Wraps and unwraps cell keys. Any failure is RootKeyRefused."""

    def wrap(self, plain: bytes, binding: bytes) -> bytes:
        """The key, sealed for this binding; different every time."""
        ...

    def unwrap(self, wrapped: bytes, binding: bytes) -> bytes:
        """The key again, if root key, binding and bytes are those of `wrap`."""
        ...


class FileRootKey:
    """A root key of 32 random bytes in a file that only its owner may read.

    Wrapped: format (1 byte), random nonce (12), AES-256-GCM ciphertext with tag. Random nonces are
    safe for 2^32 keys under one root key; a vault holds some millions.
    """

    def __init__(self, path: Path) -> None:
        self._aead = AESGCM(_read(path))

    def wrap(self, plain: bytes, binding: bytes) -> bytes:
        """See RootKey."""
        nonce = os.urandom(NONCE_BYTES)
        return FORMAT + nonce + self._aead.encrypt(nonce, plain, _bound(binding))

    def unwrap(self, wrapped: bytes, binding: bytes) -> bytes:
        """See RootKey."""
        if wrapped[:1] != FORMAT:
            raise RootKeyRefused("A wrapped key has a format that this version does not know.")
        nonce, sealed = wrapped[1 : 1 + NONCE_BYTES], wrapped[1 + NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, sealed, _bound(binding))
        except (InvalidTag, ValueError):
            raise RootKeyRefused(
                "The root key does not open a wrapped key: it is not the one that wrapped it,"
                " or the row was changed. Put back the root key that belongs to this vault."
            ) from None


def root_key() -> RootKey:
    """The root key of the settings, read once per process and path."""
    return _file_root_key(Path(settings.ROOT_KEY_FILE))


def create_root_key_file(path: Path) -> None:
    """Makes a new root key, readable by its owner only. Raises FileExistsError: never twice."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.urlsafe_b64encode(os.urandom(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(descriptor)


@lru_cache(maxsize=8)
def _file_root_key(path: Path) -> FileRootKey:
    return FileRootKey(path)


def _bound(binding: bytes) -> bytes:
    return FORMAT + LABEL + binding


def _read(path: Path) -> bytes:
    """The 32 bytes, or a refusal that says what to do; the file's content is never shown."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(1024).strip()
    except OSError as error:
        raise RootKeyRefused(
            f"The root key file {path} cannot be read ({error.strerror}). Set ROOT_KEY_FILE to the"
            " file that belongs to this vault; for a new vault, let `manage.py up` make one."
        ) from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise RootKeyRefused(
            f"The root key file {path} is open to other users (mode {stat.S_IMODE(mode):04o})."
            f" Close it: chmod 600 {path}"
        )
    return _decoded(text, path)


def _decoded(text: bytes, path: Path) -> bytes:
    try:
        key = base64.b64decode(text + b"=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise RootKeyRefused(
            f"The root key file {path} does not hold {KEY_BYTES} bytes in base64url."
            " Put back the file that belongs to this vault; do not make a new one for an old vault."
        )
    return key
