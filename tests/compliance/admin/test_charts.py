"""Charts: bars where they belong, axes that can be read."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import pytest

from compliance.admin import charts
from compliance.admin.charts import Column


def drawn(*values: tuple[int, ...], **more: object) -> charts.Chart:
    columns = [Column(v, f"column {n}", f"label {n}") for n, v in enumerate(values)]
    return charts.stacked(columns, **more)  # type: ignore[arg-type]


def test_series_stand_upon_each_other_and_the_column_ends_at_its_value() -> None:
    chart = drawn((10, 0, 30), (40, 0, 0))
    first, second = (stack.bars for stack in chart.stacks)
    assert [bar.css for bar in first] == ["bar", "bar bar-3"]
    assert first[0].y + first[0].height == charts.HEIGHT - charts.BOTTOM
    assert first[1].y + first[1].height == pytest.approx(first[0].y, abs=0.2)
    assert first[1].y == second[0].y == chart.grid[-1].at == charts.TOP


def test_columns_lie_side_by_side_within_the_grid() -> None:
    for width in (charts.WIDTH, charts.WIDE):
        chart = drawn(*[(1,)] * 92, width=width)
        bars = [stack.bars[0] for stack in chart.stacks]
        assert bars[0].x >= chart.left
        assert bars[-1].x + bars[-1].width <= chart.right
        assert all(a.x + a.width <= b.x for a, b in pairwise(bars))


def test_a_chart_of_nothing_has_no_bars_and_an_axis() -> None:
    assert all(not stack.bars for stack in drawn((0, 0), (0, 0)).stacks)
    assert [mark.text for mark in drawn((0,)).grid] == ["0", "1"]
    assert drawn().stacks == []


@pytest.mark.parametrize(
    ("most", "top"),
    [(0, 1), (1, 1), (3, 3), (5, 8), (33, 40), (41, 80), (100, 120), (999, 1200), (5000, 8000)],
)
def test_the_axis_ends_at_a_number_that_divides_well(most: int, top: int) -> None:
    assert charts.ceiling(most) == top


@pytest.mark.parametrize("most", [7, 13, 999, 12_345, 7_654_321, 10**15])
def test_the_axis_reaches_over_everything_and_not_far(most: int) -> None:
    for size in (False, True):
        top = charts.ceiling(most, size=size)
        assert most <= top <= 3 * most
        assert top % 4 == 0


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0"), (9_999, "9,999"), (12_000, "12 k"), (1_500_000, "1.5 M"), (20_000_000, "20 M"),
     (4_000_000_000, "4 G")],
)  # fmt: skip
def test_numbers_on_an_axis_are_short(number: int, text: str) -> None:
    assert charts.short(number).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (1_000, "1 kB"), (1_234, "1.23 kB"), (53_100, "53.1 kB"),
     (999_600, "1 MB"), (123_456_789, "123 MB"), (5 * 10**18, "5000 PB")],
)  # fmt: skip
def test_sizes_are_said_in_decimal_units(number: int, text: str) -> None:
    assert charts.bytes_in_words(number).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        (date(2026, 11, 23), date(2026, 11, 23), "23 Nov 2026"),
        (date(2026, 11, 23), date(2026, 11, 29), "23\u201329 Nov 2026"),
        (date(2026, 11, 30), date(2026, 12, 6), "30 Nov \u2013 6 Dec 2026"),
        (date(2026, 12, 30), date(2027, 1, 5), "30 Dec 2026 \u2013 5 Jan 2027"),
    ],
)
def test_a_span_of_days_is_as_short_as_it_can_be(first: date, last: date, text: str) -> None:
    assert charts.span(first, last).replace("\u00a0", " ") == text


def test_a_share_is_of_the_longest() -> None:
    assert (charts.share(1, 4), charts.share(4, 4), charts.share(0, 0)) == (25, 100, 0)
