"""The stylesheet: what is promised in its page stands in it, and its colours can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
CSS = (ROOT / "compliance/static/sandglass/sandglass.css").read_text()
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\n\s*\}", CSS, re.DOTALL)[:2]
)
TEXTS = [
    *((ink, ground) for ink in ("ink", "quiet", "accent") for ground in ("paper", "card", "well")),
    ("accent-ink", "accent"), ("accent-ink", "accent-strong"), ("accent-strong", "accent-paper"),
    *((tone, f"{tone}-paper") for tone in ("good", "warn", "bad")),
    *(("ink", f"{tone}-paper") for tone in ("good", "warn", "bad")),
    ("accent", "accent-paper"), ("bad", "card"), ("bad", "paper"), ("accent", "good-paper"),
]  # fmt: skip
EDGES = [("edge", "card"), ("edge", "paper"), *((f"chart-{n}", "card") for n in range(1, 5))]


def light(colour: str) -> float:
    """Relative luminance, as WCAG has it."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(("ink", "ground"), TEXTS)
def test_text_can_be_read_by_day_and_by_night(ink: str, ground: str) -> None:
    for tokens in (LIGHT, DARK):
        assert contrast(tokens[ink], tokens[ground]) >= 4.5


@pytest.mark.parametrize(("edge", "ground"), EDGES)
def test_edges_and_bars_can_be_seen(edge: str, ground: str) -> None:
    for tokens in (LIGHT, DARK):
        assert contrast(tokens[edge], tokens[ground]) >= 3


def test_the_night_has_every_colour_of_the_day() -> None:
    assert set(LIGHT) - set(DARK) <= {"sand"}
    assert set(DARK) <= set(LIGHT)


def test_every_class_that_its_page_names_is_in_it() -> None:
    table = (ROOT / "docs/look.md").read_text().partition("## The classes")[2].partition("## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    names = {name for row in rows for name in re.findall(r"`([\w-]+)`", row)}
    assert len(names) > 30
    assert {name for name in names if not re.search(rf"\.{name}(?![\w-])", CSS)} == set()


def test_colours_are_used_by_their_names() -> None:
    """But for what has the same colour at any hour: the demonstration's bar, codes to scan."""
    before, _, rest = CSS[CSS.index("/* ---- 2") :].partition("/* ---- 10")
    after = rest[rest.index("/* ---- 11") : rest.index("/* ---- 12")]
    found = [line for line in (before + after).splitlines() if re.search(r"#[0-9a-f]{3,6}\b", line)]
    assert [line for line in found if not line.startswith(".qr")] == []


def test_nothing_is_asked_of_anybody_else() -> None:
    assert "url(" not in CSS
    assert "@import" not in CSS


def test_whatever_scrolls_sideways_is_reached_by_key_and_has_a_name() -> None:
    boxes = [
        (file.name, box)
        for file in (ROOT / "templates").rglob("*.html")
        for box in re.findall(r'<\w+ [^>]*class="(?:table-wrap|results)"[^>]*>', file.read_text())
    ]
    assert len(boxes) >= 20
    named = re.compile(r'tabindex="0" role="region" aria-label(?:ledby)?="[^"]')
    assert [found for found in boxes if not named.search(found[1])] == []


def test_code_scrolls_by_key_as_well() -> None:
    blocks = [
        (file.name, block)
        for file in (ROOT / "templates").rglob("*.html")
        for block in re.findall(r'<pre class="code-block"[^>]*>', file.read_text())
    ]
    assert len(blocks) >= 10
    assert [found for found in blocks if 'tabindex="0"' not in found[1]] == []
