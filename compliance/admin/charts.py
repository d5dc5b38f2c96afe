"""Charts as numbers: where each bar of an SVG lies. Pure; the template draws them.

Lengths are in the units of the drawing, `WIDTH` (or `WIDE`) by `HEIGHT`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from compliance.admin import words

WIDTH, WIDE, HEIGHT = 440, 900, 200
LEFT, RIGHT, TOP, BOTTOM = 46, 4, 8, 24
# A class for each kind of data, in the order of `words.KINDS_OF_DATA`.
SERIES = ("bar", "bar bar-2", "bar bar-3", "bar bar-4")
UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB")


@dataclass(frozen=True, slots=True)
class Column:
    """One column to be: a value for each series, and what it says when pointed at.

    `label` stands under it, if there is room for one.
    """

    values: Sequence[int]
    says: str
    label: str = ""


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a column."""

    x: float
    y: float
    width: float
    height: float
    css: str


@dataclass(frozen=True, slots=True)
class Stack:
    """A column: its pieces, and what it says."""

    bars: Sequence[Bar]
    says: str


@dataclass(frozen=True, slots=True)
class Mark:
    """A text on an axis, and where."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Chart:
    """Everything that the template draws."""

    stacks: Sequence[Stack]
    grid: Sequence[Mark]
    labels: Sequence[Mark]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT

    @property
    def right(self) -> int:
        """Where the grid ends."""
        return self.width - RIGHT

    @property
    def wide(self) -> bool:
        """Whether it has the whole page to itself."""
        return self.width > WIDTH


def stacked(columns: Sequence[Column], *, size: bool = False, width: int = WIDTH) -> Chart:
    """Columns side by side, series upon series. `size`: the values are bytes."""
    top = ceiling(max((sum(column.values) for column in columns), default=0), size=size)
    room = (width - LEFT - RIGHT) / max(1, len(columns))
    stacks = [
        Stack(_pieces(column.values, LEFT + n * room, room, top), column.says)
        for n, column in enumerate(columns)
    ]
    labels = [
        Mark(round(LEFT + (n + 0.5) * room, 1), column.label)
        for n, column in enumerate(columns)
        if column.label
    ]
    steps = [top * n // 4 for n in range(5)] if top >= 4 else list(range(top + 1))
    say = bytes_in_words if size else short
    grid = [Mark(_height(value, top), say(value)) for value in steps]
    return Chart(stacks, grid, labels, width)


def _pieces(values: Sequence[int], x: float, room: float, top: int) -> list[Bar]:
    bars, below = [], 0
    gap = min(4.0, room * 0.2)
    for value, css in zip(values, SERIES, strict=False):
        if value:
            y = _height(below + value, top)
            tall = round(_height(below, top) - y, 1)
            bars.append(Bar(round(x + gap / 2, 1), y, round(room - gap, 1), tall, css))
            below += value
    return bars


def _height(value: int, top: int) -> float:
    return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * value / top, 1)


def ceiling(most: int, *, size: bool = False) -> int:
    """The end of the axis: a number that divides well and is not far above."""
    if most <= 4:
        return max(1, most)
    unit = 1
    while size and most >= unit * 1000 * 4:
        unit *= 1000
    decade = unit
    while True:
        for factor in (4, 8, 12, 20, 32):
            if most <= factor * decade:
                return factor * decade
        decade *= 10


def short(number: int) -> str:
    """For an axis: `1,200`, `12 k`, `3.5 M`."""
    for size, unit in ((1_000_000_000, "G"), (1_000_000, "M"), (10_000, "k")):
        if number >= size:
            per = 1000 if unit == "k" else size
            return f"{number / per:g}\u00a0{unit}"
    return f"{number:,}"


def bytes_in_words(number: int) -> str:
    """`512 bytes`, `1.2 MB`; decimal units."""
    value, unit = float(number), 0
    while value >= 999.5 and unit + 1 < len(UNITS):
        value, unit = value / 1000, unit + 1
    digits = f"{value:.0f}" if unit == 0 or value >= 99.5 else f"{value:.3g}"
    return f"{digits}\u00a0{UNITS[unit]}"


def span(first: date, last: date) -> str:
    """From a day to another, as short as it can be: `23-29 Nov 2026`, with a long dash."""
    if first == last:
        return words.day(last)
    if (first.year, first.month) == (last.year, last.month):
        return f"{first.day}\u2013{words.day(last)}"
    start = words.day(first) if first.year != last.year else f"{first.day}\u00a0{first:%b}"
    return f"{start} \u2013 {words.day(last)}"


def share(part: int, whole: int) -> float:
    """How much of the longest bar, in hundredths of it."""
    return round(100 * part / whole, 1) if whole else 0.0
