"""Every refusal of the vault. None carries a key, a plaintext or a piece of either."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from retention.errors import RetentionError

if TYPE_CHECKING:
    from retention.vault.cache import Key


class KeyGone(RetentionError):
    """The key was destroyed: what was sealed under it is unreadable for good."""

    code = "key_gone"

    def __init__(self, keys: Iterable[Key]) -> None:
        self.keys = frozenset(keys)
        super().__init__(keys=self.keys)


class KeyMissing(KeyGone):
    """The key is not in the vault: the vault was lost or replaced, and must be put back.

    Apart from the destroyed, so that a lost or outdated vault is never taken for a kept promise.
    """

    code = "key_missing"


class SealBroken(RetentionError):
    """The sealed value does not belong to this key and this place, or was changed."""

    code = "seal_broken"


class TooLargeToSeal(RetentionError):
    """The content is larger than what may be sealed as one value."""

    code = "too_large_to_seal"


class RootKeyRefused(RetentionError):
    """The root key cannot be used, or does not open what it is asked to open."""

    code = "root_key_refused"


class VaultBusy(RetentionError):
    """The vault was locked for too long: nothing was made or destroyed. Try again."""

    code = "vault_busy"
    retryable = True


class VaultUnavailable(RetentionError):
    """The vault cannot be read or written: nothing was made or destroyed."""

    code = "vault_unavailable"
    retryable = True


class CopyRefused(RetentionError):
    """The vault was not copied; an earlier copy, if there is one, is as it was."""

    code = "vault_copy_refused"
