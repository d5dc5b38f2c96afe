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
        ("- a\n(Draft.)", "<ul><li>a</li></ul><p>(Draft.)</p>"),
        ("So:\n- a", "<p>So:</p><ul><li>a</li></ul>"),
        ("**Prompts** stay", "<p><strong>Prompts</strong> stay</p>"),
        ("<script>x</script> & 'y'", "<p>&lt;script&gt;x&lt;/script&gt; &amp; &#x27;y&#x27;</p>"),
        ("- **<b>**", "<ul><li><strong>&lt;b&gt;</strong></li></ul>"),
        ("", "<p></p>"),
    ],
)
def test_it_knows_paragraphs_lists_and_emphasis(text: str, shown: str) -> None:
    assert wording(text) == shown


def test_a_fact_is_one_line() -> None:
    assert fact({"prompt": 3, "response": [1, 2]}) == "prompt 3, response 1, 2"
    assert [fact(True), fact(False), fact(None), fact("a")] == ["yes", "no", "–", "a"]
