"""Which passwords are refused, and that nothing else is."""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from compliance.people.models import User
from compliance.people.passwords import LONGEST, is_listed
from tests.compliance.people.visitors import CHANGE, LOGIN, change, is_in, sign_in

AMIR = User(email="amir.haddad@acme.example")

REFUSED = [
    ("elevenchars", "password_too_short"),
    ("x" * LONGEST + "yzabc", "password_too_long"),
    ("justinbieber", "password_too_common"),
    ("password1234", "password_guessable"),
    ("Password!2026", "password_guessable"),
    ("P@ssw0rd!2026", "password_guessable"),
    ("123456789012", "password_guessable"),
    ("qwertyuiop[]", "password_guessable"),
    ("abcdefghijklmn", "password_guessable"),
    ("abcabcabcabc", "password_guessable"),
    ("kxqzvbwmtrpkxqzvbwmtrp", "password_guessable"),
    ("aaaaaaaaaaaaaaa", "password_guessable"),
    ("dragondragon", "password_guessable"),
    ("sandglass-2026", "password_guessable"),
    ("Retention2026!", "password_guessable"),
    ("localhost1234", "password_guessable"),
    ("amir.haddad@acme", "password_too_similar"),
]
TAKEN = [
    "correct-horse-battery-staple",
    "four otters plan a picnic",
    "aB3$aB3$kf9Q",
    "żółta łódka pływa 🐟",
    "kxqzvbwmtrpl",
    "a long sentence " * 8,
    " leading and trailing ",
]


@pytest.mark.parametrize(("password", "code"), REFUSED)
def test_it_refuses(password: str, code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        validate_password(password, AMIR)
    assert code in {error.code for error in refused.value.error_list}


@pytest.mark.parametrize("password", TAKEN)
def test_it_takes(password: str) -> None:
    validate_password(password, AMIR)


@given(st.text(min_size=12, max_size=12))
def test_it_never_fails_on_what_people_type(password: str) -> None:
    with suppress(ValidationError):
        validate_password(password, AMIR)


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["otters, plans; " * 9 + "A!", " a space at both ends "])
def test_every_character_counts(client: Client, other: Client, amir: User, password: str) -> None:
    sign_in(client, amir.email)
    assert change(client, new=password).status_code == 302
    for wrong in (password[:-1], password.strip(), password.lower()):
        if wrong != password:
            sign_in(other, amir.email, wrong)
            assert not is_in(other)
    sign_in(other, amir.email, password)
    assert is_in(other)


@pytest.mark.django_db
def test_a_new_password_takes_the_old_one(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    answer = change(client, old="wrong")
    assert "not your current password" in answer.content.decode()
    amir.refresh_from_db()
    assert amir.check_password("correct-horse-battery-staple")


@pytest.fixture
def breached(tmp_path: Path, settings: Any) -> Path:
    """A list as Pwned Passwords has it."""
    words = ["four otters plan a picnic", "letmein", "żółw", *map(str, range(500))]
    hashes = sorted(sha1(word.encode()).hexdigest().upper() for word in words)
    file = tmp_path / "breached.txt"
    file.write_text("\r\n".join(f"{found}:{number}" for number, found in enumerate(hashes)))
    settings.BREACHED_PASSWORDS_FILE = str(file)
    return file


def test_what_was_breached_is_refused_and_the_rest_is_taken(breached: Path) -> None:
    with pytest.raises(ValidationError, match="found in a breach"):
        validate_password("four otters plan a picnic", AMIR)
    validate_password("five otters plan a picnic", AMIR)


def test_every_line_of_the_list_is_found(breached: Path) -> None:
    assert all(is_listed(str(number), breached) for number in range(500))
    assert is_listed("żółw", breached)
    assert not any(is_listed(str(number), breached) for number in range(500, 1000))


@pytest.mark.django_db
def test_the_password_page_says_what_is_asked(client: Client, amir: User) -> None:
    sign_in(client, amir.email)
    page = client.get("/accounts/password/change/").content.decode()
    assert "at least 12 characters" in page
    assert "<li></li>" not in page
    assert page.count('type="password"') == 3
    assert page.count('autocomplete="new-password"') == 2
    assert "maxlength" not in page
    assert "onpaste" not in page


@pytest.mark.parametrize(
    ("page", "fields"), [(LOGIN, 1), (CHANGE, 3), ("/accounts/reauthenticate/", 1)]
)
def test_what_is_typed_is_masked_and_may_be_pasted(
    client: Client, amir: User, page: str, fields: int
) -> None:
    if page != LOGIN:
        sign_in(client, amir.email)
    shown = client.get(page).content.decode()
    assert shown.count('type="password"') == fields
    assert "onpaste" not in shown
    assert 'autocomplete="off"' not in shown
