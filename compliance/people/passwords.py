"""Which passwords are refused (`AUTH_PASSWORD_VALIDATORS`): too short, common, guessable, known.

Nothing is asked of their make-up, they never run out, and none leaves this machine to be checked.
"""

from __future__ import annotations

import gzip
import mmap
import re
from collections.abc import Iterator
from functools import cache
from hashlib import sha1
from itertools import pairwise
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError

# Scrypt takes any length; this bounds what a form may cost. Whole sentences fit.
LONGEST = 1000
SHORTEST_WORD = 4
FEWEST_CHARACTERS = 5
# What would be long enough by itself may be repeated.
LONGEST_UNIT = 11
# What the context gives away: the product's name and what it is about, beside the host's name.
CONTEXT = ("sandglass", "retention", "compliance", "administrator", "password", "welcome")
RUNS = ("abcdefghijklmnopqrstuvwxyz", "01234567890123456789", "qwertyuiop", "asdfghjkl", "zxcvbnm")
LOOKALIKES = str.maketrans("013457@$!", "oleastasi")


class NotTooLong:
    """Up to a thousand characters, each of which counts."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises `ValidationError` when it is longer."""
        if len(password) > LONGEST:
            raise ValidationError(
                f"This password is longer than {LONGEST} characters.", code="password_too_long"
            )

    def get_help_text(self) -> str:
        """For the form."""
        return f"At most {LONGEST:,} characters, of any kind; each counts."


class NotGuessable:
    """Neither a common password with something before or after it, nor a run, nor a repetition."""

    def validate(self, password: str, user: object = None) -> None:
        """Raises `ValidationError` when it is one that is tried first."""
        if is_guessable(password):
            raise ValidationError(
                "This password is too easy to guess: a common word with digits, the name of this "
                "service, a run of keys or a repetition.",
                code="password_guessable",
            )

    def get_help_text(self) -> str:
        """For the form."""
        return "Not a common word with digits, a run of keys, or the name of this service."


class NotBreached:
    """Not among those of known breaches, if the operator has put their list on this machine.

    `BREACHED_PASSWORDS_FILE`: one `SHA1:COUNT` a line, ordered by hash, as Pwned Passwords has it.
    """

    def validate(self, password: str, user: object = None) -> None:
        """Raises `ValidationError` when it is in the list."""
        file = settings.BREACHED_PASSWORDS_FILE
        if file and is_listed(password, Path(file)):
            raise ValidationError(
                "This password was found in a breach of another service: others know it.",
                code="password_breached",
            )

    def get_help_text(self) -> str:
        """For the form."""
        return "Not one that became known when another service was broken into."


def is_guessable(password: str) -> bool:
    """True for what a list of common words and a few rules make."""
    plain = password.casefold()
    if len(set(plain)) < FEWEST_CHARACTERS or _runs(plain):
        return True
    return any(_is_common(core) for core in _cores(plain))


def _cores(plain: str) -> Iterator[str]:
    """The password without what people add to a word so that it looks like none."""
    for text in (plain, plain.translate(LOOKALIKES)):
        yield text
        yield re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
        yield re.sub(r"[\W\d_]+", "", text)


def _is_common(core: str) -> bool:
    """A common word, or one several times over."""
    words = _common() | set(CONTEXT) | _names()
    if core in words:
        return True
    longest = min(len(core) // 2, LONGEST_UNIT)
    sizes = (size for size in range(1, longest + 1) if len(core) % size == 0)
    return any(core == core[:size] * (len(core) // size) for size in sizes)


def _runs(plain: str) -> bool:
    """True if nearly every character follows the one before it, on the keyboard or in the row."""
    steps = {pair for run in RUNS for pair in (*pairwise(run), *pairwise(reversed(run)))}
    pairs = list(pairwise(plain))
    return sum(pair in steps or pair[0] == pair[1] for pair in pairs) > len(pairs) * 0.8


@cache
def _common() -> frozenset[str]:
    """Twenty thousand common passwords, as Django brings them."""
    with gzip.open(str(CommonPasswordValidator().DEFAULT_PASSWORD_LIST_PATH), "rt") as lines:
        return frozenset(line.strip() for line in lines)


@cache
def _names() -> set[str]:
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    return {part for part in host.split(".") if len(part) >= SHORTEST_WORD}


def is_listed(password: str, file: Path) -> bool:
    """A binary search by hash: 40 steps in a list of 900 million, none of it read into memory."""
    wanted = sha1(password.encode(), usedforsecurity=False).hexdigest().upper().encode()
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        low, high = 0, len(data)
        while low < high:
            start = data.rfind(b"\n", 0, (low + high) // 2) + 1
            end = data.find(b"\n", start)
            found = data[start : start + 40].upper()
            if found == wanted:
                return True
            if found < wanted:
                low = len(data) if end < 0 else end + 1
            else:
                high = start
    return False
