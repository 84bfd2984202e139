"""Axes: places of values, and round values inside."""

from __future__ import annotations

import pytest

from edge_bench.plots.scale import Scale, linear
from edge_bench.plots.svg import element


def test_values_lie_where_they_should() -> None:
    scale = Scale(10, 20, 0, 100)
    assert [scale(value) for value in (10, 15, 20)] == [0, 50, 100]
    logarithmic = Scale(1, 100, 100, 0, is_log=True)
    assert logarithmic(10) == pytest.approx(50)


def test_ticks_are_round_inside_and_about_five() -> None:
    assert Scale(0, 1, 0, 1).ticks() == pytest.approx([0, 0.2, 0.4, 0.6, 0.8, 1.0])
    assert Scale(113.4, 181.2, 0, 1).ticks() == [120, 140, 160, 180]
    assert Scale(0.5, 2000, 0, 1, is_log=True).ticks() == [1, 10, 100, 1000]


def test_equal_values_have_an_axis_as_well() -> None:
    for value in (0.0, 3.0):
        scale = linear([value, value], 0, 100)
        assert 0 < scale(value) < 100


def test_texts_and_attributes_are_escaped_and_elements_are_not() -> None:
    inner = element("b", "a < b")
    assert element("p", inner, "&", title='"<') == '<p title="&quot;&lt;"><b>a &lt; b</b>&amp;</p>'
