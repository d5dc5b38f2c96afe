"""A policy's text is shown with its lists, and brings no markup of its own."""

from __future__ import annotations

import pytest

from compliance.admin.words import fact
from compliance.notices.wording import plain, wording


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("One\nline.", "<p>One line.</p>"),
        ("One.\n\nTwo.", "<p>One.</p><p>Two.</p>"),
        ("- a\n  goes on\n- b", "<ul><li>a goes on</li><li>b</li></ul>"),
        ("- a\n\n(Draft.)", "<ul><li>a</li></ul><p>(Draft.)</p>"),
        ("# One\n[b](https://c.example)", "<p># One [b](https://c.example)</p>"),
        ("So:\n- a", "<p>So:</p><ul><li>a</li></ul>"),
        ("**Prompts** stay", "<p><strong>Prompts</strong> stay</p>"),
        ("<script>x</script> & 'y'", "<p>&lt;script&gt;x&lt;/script&gt; &amp; 'y'</p>"),
        ("- **<b>**", "<ul><li><strong>&lt;b&gt;</strong></li></ul>"),
        ("", ""),
    ],
)
def test_it_knows_paragraphs_lists_and_emphasis(text: str, shown: str) -> None:
    assert " ".join(wording(text).split()).replace("> <", "><") == shown


def test_a_letter_in_plain_text_has_the_same_words_in_short_lines() -> None:
    text = (
        "One\nparagraph.\n\n- An item that goes on for so long that no reader shows its line whole,"
        " and a\n  second line.\n- Short.\n  - Below.\n\n" + "x" * 90 + "\n"
    )
    assert plain(text).splitlines() == [
        "One paragraph.",
        "",
        "- An item that goes on for so long that no reader shows its line whole, and",
        "  a second line.",
        "- Short.",
        "  - Below.",
        "",
        "x" * 90,
    ]
    assert plain(text).split() == text.split()
    assert plain("") == ""


def test_a_fact_is_one_line() -> None:
    assert fact({"prompt": 3, "response": [1, 2]}) == "prompt 3, response 1, 2"
    assert [fact(True), fact(False), fact(None), fact("a")] == ["yes", "no", "–", "a"]
