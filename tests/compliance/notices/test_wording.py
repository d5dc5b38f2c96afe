"""A policy's text is shown with its lists, and brings no markup of its own."""

from __future__ import annotations

import pytest

from compliance.admin.words import fact
from compliance.notices.wording import wording


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


def test_a_fact_is_one_line() -> None:
    assert fact({"prompt": 3, "response": [1, 2]}) == "prompt 3, response 1, 2"
    assert [fact(True), fact(False), fact(None), fact("a")] == ["yes", "no", "–", "a"]
