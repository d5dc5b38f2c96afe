"""Bodies taken apart: the good items always come out, in order."""

from __future__ import annotations

import contextlib
import gzip
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.intake import bodies
from compliance.intake.bodies import MOST_EXCHANGES, MOST_MARKS_AT_ONCE, Unreadable
from compliance.intake.errors import BodyRefused, MalformedJson, TooManyExchanges
from compliance.intake.splitter import MOST_STEPS, Scanner
from tests.compliance.intake.sent import body, raw_body, short

MIB = 1024 * 1024
GOOD = orjson.dumps(short(id="good"))

# Items that no JSON parser takes; each alone must not cost the others.
BROKEN: dict[str, bytes] = {
    "a lone surrogate": rb'{"id": "bad", "text": "\ud800"}',
    "the wrong surrogate first": rb'{"id": "bad", "text": "\udc00\ud800"}',
    "not a number": b'{"id": "bad", "score": NaN}',
    "infinity": b'{"id": "bad", "score": -Infinity}',
    "a number beyond all": b'{"id": "bad", "score": 1e999}',
    "a raw NUL byte": b'{"id": "bad", "text": "a\0b"}',
    "a raw line end": b'{"id": "bad", "text": "a\nb"}',
    "invalid UTF-8": b'{"id": "bad", "text": "\xff\xfe"}',
    "an overlong encoding": b'{"id": "bad", "text": "\xc0\x80"}',
    "an unknown escape": rb'{"id": "bad", "text": "\x41"}',
    "half an escape": rb'{"id": "bad", "text": "\u12"}',
    "deep lists": b'{"id": "bad", "prompt": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep objects": b'{"id": "bad", "a": ' + b'{"a":' * 100_000 + b"1" + b"}" * 100_000 + b"}",
    "a comma too many": b'{"id": "bad", "a": 1,}',
    "a comma missing": b'{"id": "bad", "a": [1 2]}',
    "single quotes": b'{"id": "bad", \'a\': 1}',
    "a word": b'{"id": "bad", "a": undefined}',
    "a zero in front": b'{"id": "bad", "a": 007}',
    "brackets of two kinds": b'{"id": "bad", "a": [1}}',
    "100,000 parts": b'{"id": "bad", "prompt": [' + b"{}," * 100_000 + b"[NaN]]}",
}


@pytest.mark.parametrize("name", BROKEN)
def test_one_broken_item_costs_none_of_the_good_ones(name: str) -> None:
    first, bad, last = bodies.items(raw_body(GOOD, BROKEN[name], GOOD))
    assert first == last == short(id="good")
    assert isinstance(bad, Unreadable)
    assert bad.external_id == "bad"
    assert bad.reason


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_said_of_a_broken_item_quotes_nothing_of_it(name: str) -> None:
    [item] = bodies.items(raw_body(BROKEN[name].replace(b'"bad"', b'"secret-word"', 1)))
    assert "secret-word" not in item.reason


def test_an_id_is_read_wherever_it_stands_and_never_from_inside() -> None:
    late = b'{"a": {"id": "inner"}, "b": [NaN, "\\"id\\": \\"x\\""], "id": "outer"}'
    inner = b'{"a": {"id": "inner"}, "b": NaN}'
    found = list(bodies.items(raw_body(late, inner, b"NaN", b'{"id": 7, "a": NaN}', b"[NaN]")))
    assert [item.external_id for item in found] == ["outer", None, None, None, None]


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"   ",
        b"null",
        b"[]",
        b"{}",
        b'"exchanges"',
        b'{"exchanges": null}',
        b'{"exchanges": {}}',
        b'{"exchanges": "[]"}',
        b'{"exchanges": [NaN}',
        b'{"exchanges": [NaN',
        b'{"exchanges": [NaN]',
        b'{"exchanges": [NaN,]}',
        b'{"exchanges": [,NaN]}',
        b'{"exchanges": [NaN NaN]}',
        b'{"exchanges": [NaN]} {}',
        b'{"exchanges": [NaN], }',
        b'{"exchanges": [NaN], "exchanges": []}',
        b'{"exchanges" [NaN]}',
        b"{exchanges: [NaN]}",
        b'{"exchanges": ["NaN]}',
        b"[" * 100_000,
        b"{" * 100_000,
        b'{"exchanges":' * 100_000,
        b'"' * 100_001,
        b"\xff\xfe{\0}\0",
        b"{'exchanges': []}",
        b"<html>",
        # Where its brackets do not match nobody can tell where an item ends.
        b'{"exchanges": [{"id": "bad", "a": [}]}, 1]}',
        b'{"exchanges": [{"id": "bad", "a": [}, 1]}',
    ],
)
def test_a_broken_envelope_is_refused_as_a_whole(sent: bytes) -> None:
    with pytest.raises(MalformedJson):
        list(bodies.items(sent))


@pytest.mark.parametrize("items", [b"", b"NaN"])
def test_a_misspelt_field_of_the_envelope_is_refused_and_not_lost(items: bytes) -> None:
    with pytest.raises(BodyRefused) as refused:
        list(bodies.items(b'{"exchanges": [' + items + b'], "dry_run": true}'))
    assert refused.value.code == "invalid"


def test_it_takes_a_byte_order_mark_and_an_escaped_name() -> None:
    assert list(bodies.items(b"\xef\xbb\xbf" + body(1))) == [1]
    assert len(list(bodies.items(rb'{"\u0065xchanges": [1, NaN]}'))) == 2


def test_it_takes_a_thousand_and_not_one_more() -> None:
    assert len(list(bodies.items(body(*range(MOST_EXCHANGES))))) == MOST_EXCHANGES
    broken = [b"NaN"] * MOST_EXCHANGES
    assert len(list(bodies.items(raw_body(*broken)))) == MOST_EXCHANGES
    with pytest.raises(TooManyExchanges):
        list(bodies.items(body(*range(MOST_EXCHANGES + 1))))
    with pytest.raises(TooManyExchanges):
        list(bodies.items(raw_body(*broken, b"1")))


def test_it_opens_compressed_bodies() -> None:
    assert list(bodies.items(gzip.compress(body("a", "b")), "gzip")) == ["a", "b"]


def test_a_body_that_would_fill_the_memory_is_cut_before_it_is_parsed() -> None:
    dense = b'{"id": "dense", "prompt": [' + b"[]," * (MOST_MARKS_AT_ONCE // 2) + b"[]]}"
    good, bad = bodies.items(raw_body(GOOD, dense))
    assert good == short(id="good")
    assert bad == Unreadable("dense", "has too many parts")


def test_code_full_of_commas_and_brackets_is_not_taken_for_many_parts() -> None:
    code = "[{" * MOST_MARKS_AT_ONCE
    [item] = bodies.items(body(short(prompt=[{"type": "snippet", "text": code}])))
    assert item["prompt"][0]["text"] == code


ADVERSARIAL = {
    "quotes": b'"' * (10 * MIB),
    "backslashes": b'"' + b"\\" * (10 * MIB),
    "escaped quotes": b'"' + b'\\"' * (5 * MIB),
    "one string without end": b'"' + b"a" * (10 * MIB),
    "opening brackets": b"[" * (10 * MIB),
    "closing brackets": b"]" * (10 * MIB),
    "pairs of brackets": b"[]" * (5 * MIB),
    "brackets of both kinds": b"[{" * (5 * MIB),
    "commas": b"[" + b"," * (10 * MIB),
    "small strings": b"[" + b'"a",' * (2 * MIB),
    "spaces": b" " * (10 * MIB),
    "colons": b"{" + b":" * (10 * MIB),
    "keys": b"{" + b'"a":1,' * MIB,
}


@pytest.mark.parametrize("name", ADVERSARIAL)
@pytest.mark.parametrize("ends", [b"]}", b"", b', "x"]}'])
def test_the_work_for_a_hostile_body_is_bounded(name: str, ends: bytes) -> None:
    scanner = Scanner(b'{"exchanges": [' + ADVERSARIAL[name] + ends)
    with contextlib.suppress(BodyRefused):
        list(scanner.items(most=MOST_EXCHANGES))
    assert scanner.steps <= MOST_STEPS + 1


def test_the_work_grows_with_the_body_and_with_nothing_else() -> None:
    item = b'{"id": "x", "prompt": [{"text": "a[{,}]\\"b"}], "score": NaN}'
    steps = []
    for count in (10, 100, 1000):
        scanner = Scanner(raw_body(*[item] * count))
        assert len(list(scanner.items(most=count))) == count
        steps.append(scanner.steps / count)
    assert max(steps) <= min(steps) * 1.5


def test_a_budget_that_is_used_up_refuses_the_body() -> None:
    with pytest.raises(MalformedJson):
        list(Scanner(raw_body(*[b"[1,2,3]"] * 100), most_steps=50).items(most=1000))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.lists(JSON_VALUES, max_size=8), st.booleans())
def test_cutting_gives_what_parsing_gives(items: list[Any], spread: bool) -> None:
    sent = orjson.dumps({"exchanges": items}, option=orjson.OPT_INDENT_2 if spread else None)
    cut = [orjson.loads(piece.text) for piece in Scanner(sent).items(most=10)]
    assert cut == items


@given(st.lists(JSON_VALUES, max_size=5), st.integers(0, 5))
def test_one_broken_item_anywhere_leaves_the_others_as_they_are(
    items: list[Any], place: int
) -> None:
    pieces = [orjson.dumps(item) for item in items]
    pieces.insert(place, b'{"id": "bad", "x": NaN}')
    found = list(bodies.items(raw_body(*pieces)))
    assert [item for item in found if not isinstance(item, Unreadable)] == items


@given(st.binary(max_size=200))
def test_any_bytes_are_items_or_a_refusal(sent: bytes) -> None:
    for whole in (sent, b'{"exchanges": [' + sent, b'{"exchanges": [' + sent + b"]}"):
        with contextlib.suppress(BodyRefused):
            list(bodies.items(whole))


def test_a_single_value_is_one_value_or_refused() -> None:
    assert bodies.single(b'{"text": "a"}') == {"text": "a"}
    assert bodies.single(b"") == bodies.single(b" \n") == {}
    for sent in (b"{", b"[" * 100_000, b"[" + b"0," * MOST_MARKS_AT_ONCE + b"0]", b"NaN"):
        with pytest.raises(MalformedJson):
            bodies.single(sent)
